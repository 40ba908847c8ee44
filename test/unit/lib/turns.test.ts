import { expect, it } from "vitest";
import { mapInTurns } from "../../../src/lib/turns.ts";

function workFor(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

it("long work is done in order, and others get their turns in between", async () => {
  let turns = 0;
  let over = false;
  const count = () => {
    turns += 1;
    if (!over) setImmediate(count);
  };
  setImmediate(count);
  const results = await mapInTurns([1, 2, 3, 4, 5], (item, index) => {
    workFor(5);
    return item * 10 + index;
  });
  over = true;
  expect(results).toEqual([10, 21, 32, 43, 54]);
  expect(turns).toBeGreaterThan(3);
});

it("short work is done in one turn", async () => {
  let turns = 0;
  const immediate = setImmediate(() => {
    turns += 1;
  });
  expect(await mapInTurns(["a", "b"], (item) => item.toUpperCase())).toEqual(["A", "B"]);
  clearImmediate(immediate);
  expect(turns).toBe(0);
});

it("an error ends the work at its item", async () => {
  const done: number[] = [];
  const run = (item: number) => {
    if (item === 2) throw new RangeError("two");
    done.push(item);
  };
  await expect(mapInTurns([1, 2, 3], run)).rejects.toThrow("two");
  expect(done).toEqual([1]);
});
