import { expect, it } from "vitest";
import { createWalRates } from "../../../../src/engines/citus/wal-rates.ts";

/** Readings of one node: milliseconds, position of the log, and the rates that come of them. */
function ratesOf(readings: readonly (readonly [atMs: number, position: number])[]): readonly number[] {
  let nowMs = 0;
  const rateOf = createWalRates(() => nowMs);
  return readings.map(([atMs, position]) => {
    nowMs = atMs;
    return rateOf("a:1", { position, bytesPerSecond: 7 });
  });
}

it("gives the average since the statistics began for the first reading of a node", () => {
  expect(ratesOf([[0, 1_000]])).toEqual([7]);
});

it("measures the rate between readings that are two seconds apart or more", () => {
  expect(
    ratesOf([
      [0, 1_000],
      [2_000, 5_000],
      [6_000, 5_000],
    ]),
  ).toEqual([7, 2_000, 0]);
});

it("takes the average for readings in quick succession, and still measures from the first of them", () => {
  expect(
    ratesOf([
      [0, 1_000],
      [500, 9_000],
      [4_000, 9_000],
    ]),
  ).toEqual([7, 7, 2_000]);
});

it("gives no rate below zero when the log begins anew after a fail-over", () => {
  expect(
    ratesOf([
      [0, 1_000],
      [4_000, 10],
    ]),
  ).toEqual([7, 0]);
});

it("keeps nodes apart", () => {
  let nowMs = 0;
  const rateOf = createWalRates(() => nowMs);
  rateOf("a:1", { position: 0, bytesPerSecond: 7 });
  nowMs = 4_000;
  expect(rateOf("b:1", { position: 8_000, bytesPerSecond: 5 })).toBe(5);
  expect(rateOf("a:1", { position: 8_000, bytesPerSecond: 7 })).toBe(2_000);
});
