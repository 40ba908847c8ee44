import { expect, it } from "vitest";
import { concatInTurns, mapInTurns, TurnQueue } from "../../../src/lib/turns.ts";

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
  const results = await mapInTurns([1, 2, 3, 4, 5], new TurnQueue(), (item, index) => {
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
  expect(await mapInTurns(["a", "b"], new TurnQueue(), (item) => item.toUpperCase())).toEqual(["A", "B"]);
  clearImmediate(immediate);
  expect(turns).toBe(0);
});

it("an error ends the work at its item", async () => {
  const done: number[] = [];
  const run = (item: number) => {
    if (item === 2) throw new RangeError("two");
    done.push(item);
  };
  await expect(mapInTurns([1, 2, 3], new TurnQueue(), run)).rejects.toThrow("two");
  expect(done).toEqual([1]);
});

it("however many jobs there are, one has a turn in each round of the event loop", async () => {
  const queue = new TurnQueue();
  let rounds = 0;
  let over = false;
  const count = () => {
    rounds += 1;
    if (!over) setImmediate(count);
  };
  setImmediate(count);
  const turnsIn = new Map<number, number>();
  const job = async () => {
    const turns = queue.begin();
    for (let turn = 0; turn < 5; turn += 1) {
      await turns.next();
      turnsIn.set(rounds, (turnsIn.get(rounds) ?? 0) + 1);
      workFor(1);
    }
  };
  await Promise.all(Array.from({ length: 10 }, job));
  over = true;
  expect(turnsIn.size).toBeGreaterThanOrEqual(49);
});

it("buffers are put together as Buffer.concat does, large ones in turns", async () => {
  const queue = new TurnQueue();
  for (const sizes of [[], [3, 5], [100, 700_000, 0, 900_000]]) {
    const parts = sizes.map((size, index) => Buffer.alloc(size, `part ${index}`));
    expect((await concatInTurns(parts, queue)).equals(Buffer.concat(parts))).toBe(true);
  }
});
