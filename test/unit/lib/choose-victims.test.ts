import { expect, it } from "vitest";
import { chooseVictims, type Holder } from "../../../src/lib/choose-victims.ts";

const holder = (owner: string, heldBytes: number, patienceMs: number): Holder => ({
  owner,
  heldBytes,
  patienceMs,
});

it("takes from the owner that holds most, however many others there are", () => {
  const large = [holder("a", 60, 1), holder("a", 60, 2), holder("a", 60, 3)];
  const small = Array.from({ length: 50 }, (_, at) => holder(`b${at}`, 50, 0));
  expect(chooseVictims([...small, ...large], 120)).toEqual([large[0], large[1]]);
});

it("takes from this owner what has made the least progress, and last what waits for nobody", () => {
  const forever = holder("a", 10, Number.POSITIVE_INFINITY);
  const alsoForever = holder("a", 10, Number.POSITIVE_INFINITY);
  const stalled = holder("a", 10, 5);
  const moving = holder("a", 10, 30_000);
  const order = chooseVictims([forever, moving, alsoForever, stalled], 25);
  expect(order).toEqual([stalled, moving, alsoForever]);
});

it("takes, of about as much progress, what holds most, and none that holds little for it", () => {
  const small = Array.from({ length: 20 }, (_, at) => holder("proxy", 20, 29_000 + at));
  const large = [holder("proxy", 1_000, 29_900), holder("proxy", 2_000, 30_000.000000004)];
  expect(chooseVictims([...small, ...large], 2_100)).toEqual([large[1], large[0]]);
  const stalled = holder("proxy", 20, 24_000);
  expect(chooseVictims([...large, stalled], 10)).toEqual([stalled]);
});

it("takes from owners in turn once they hold the same", () => {
  const holders = ["a", "b"].flatMap((owner) => [1, 2, 3].map((ms) => holder(owner, 10, ms)));
  const owners = chooseVictims(holders, 40).map(({ owner }) => owner);
  expect(owners.filter((owner) => owner === "a")).toHaveLength(2);
});

it("takes all when that is not enough, and nobody who holds nothing", () => {
  const holders = [holder("a", 1, 1), holder("b", 0, 1)];
  expect(chooseVictims(holders, 100)).toEqual([holders[0]]);
  expect(chooseVictims([], 100)).toEqual([]);
});
