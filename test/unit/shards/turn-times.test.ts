import { expect, it } from "vitest";
import { TurnTimes } from "../../../src/shards/turn-times.ts";

function after(betweenMs: readonly number[]): number | undefined {
  const times = new TurnTimes(0);
  let nowMs = 0;
  for (const ms of betweenMs) {
    nowMs += ms;
    times.note(nowMs);
  }
  return times.meanMs;
}

const turns = (count: number, ms: number) => Array<number>(count).fill(ms);

it("the time between turns is not known before five turns", () => {
  expect(after(turns(4, 100))).toBeUndefined();
  expect(after(turns(5, 100))).toBeCloseTo(100);
});

it("the time between turns leaves out one stall, however long it was", () => {
  for (let at = 0; at < 5; at += 1) {
    expect(after(turns(5, 100).with(at, 60_000))).toBeCloseTo(100);
  }
  expect(after([...turns(20, 100), 3_600_000])).toBeCloseTo(100);
  expect(after([...turns(20, 100), 3_600_000, ...turns(3, 100)])).toBeCloseTo(100);
});

it("the time between turns follows turns that become slower, and faster again", () => {
  const slower = [...turns(20, 100), ...turns(15, 2_000)];
  expect(after(slower)).toBeGreaterThan(1_500);
  expect(after([...slower, ...turns(16, 100)])).toBeCloseTo(100);
});

it("turns of several at once do not hide that the next ones take their time", () => {
  expect(after([...turns(20, 0), ...turns(15, 500)])).toBeGreaterThan(400);
  for (const slots of [2, 4, 8]) {
    const together = Array.from({ length: 20 }, () => [1_000, ...turns(slots - 1, 0)]).flat();
    expect(after(together), `${slots} slots`).toBeGreaterThan(500 / slots);
  }
});
