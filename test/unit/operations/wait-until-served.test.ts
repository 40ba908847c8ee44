import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { waitUntilServed } from "../../../src/operations/wait-until-served.ts";
import { EMPTY_MAP, findCollection, type ShardMap } from "../../../src/topology/shard-map.ts";
import { sampleMap } from "../../contract/sample-map.ts";
import { createUnreliableStore } from "../topology/unreliable-store.ts";

const NEVER = new AbortController().signal;
const hasBooks = (map: ShardMap) => findCollection(map, "books") !== undefined;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function start(served: ShardMap) {
  const store = createUnreliableStore();
  const wait = (signal = NEVER) =>
    waitUntilServed({ store, map: { current: () => served }, publishNow: async () => {} }, hasBooks, signal);
  return { store, wait };
}

it("stops waiting after ten seconds and says that nothing was published", async () => {
  const { wait } = start(EMPTY_MAP);
  const message = wait();
  await vi.advanceTimersByTimeAsync(10_200);
  expect(await message).toBe("the leader has not published the change yet");
});

it("names the coordinators that still serve an older map after ten seconds", async () => {
  const { store, wait } = start(sampleMap(5, { books: 1 }));
  await store.put(sampleMap(5, { books: 1 }));
  await store.announce({ id: "fast", address: "fast:1", version: "1", epoch: 5 });
  await store.announce({ id: "slow", address: "slow:1", version: "1", epoch: 4 });
  const message = wait();
  await vi.advanceTimersByTimeAsync(10_200);
  expect(await message).toBe("not served yet by slow (slow:1)");
});

it("waits for this coordinator although it is not announced, and through an outage of the store", async () => {
  const { store, wait } = start(sampleMap(4));
  await store.put(sampleMap(5, { books: 1 }));
  store.reachable = false;
  const message = wait();
  await vi.advanceTimersByTimeAsync(5_000);
  store.reachable = true;
  await vi.advanceTimersByTimeAsync(5_200);
  expect(await message).toBe("not served yet by this coordinator");
});

it("throws the signal's reason", async () => {
  const { wait } = start(EMPTY_MAP);
  const stop = new AbortController();
  const message = expect(wait(stop.signal)).rejects.toThrow("enough");
  stop.abort(new Error("enough"));
  await vi.advanceTimersByTimeAsync(200);
  await message;
});
