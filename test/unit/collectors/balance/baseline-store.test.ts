import { expect, it } from "vitest";
import { BaselineStore } from "../../../../src/collectors/balance/baseline-store.ts";
import { bloatOf, type IndexWeight } from "../../../../src/collectors/balance/track-bloat.ts";
import type { IndexBaseline } from "../../../../src/engines/engine.ts";
import { OrreryError } from "../../../../src/errors.ts";
import { sampleContext } from "../sample-context.ts";

const weight = (shard: number, bytesPerRow: number, indexFiles = "f1"): IndexWeight => ({
  shard,
  group: 1,
  rows: 10_000,
  indexBytes: 10_000 * bytesPerRow,
  indexFiles,
});
/** A database that saves baselines, and a coordinator that holds `leaderTerm.term`. */
function cluster() {
  const rows = new Map<number, IndexBaseline>();
  const leaderTerm: { term: number | undefined; error?: OrreryError } = { term: 1 };
  const writes: IndexBaseline[][] = [];
  const persisted = {
    async read() {
      if (leaderTerm.error !== undefined) throw leaderTerm.error;
      return [...rows.values()];
    },
    async put(baselines: readonly IndexBaseline[], { shards }: { shards: readonly number[] }) {
      writes.push([...baselines]);
      for (const baseline of baselines) rows.set(baseline.shard, baseline);
      for (const shard of rows.keys()) if (!shards.includes(shard)) rows.delete(shard);
    },
  };
  const failures: string[] = [];
  const context = sampleContext(failures);
  const leader = () => new BaselineStore({ persisted, leaderTerm: () => leaderTerm.term });
  const sample = async (store: BaselineStore, ...weights: readonly IndexWeight[]) => {
    const shards = new Set(weights.map(({ shard }) => shard));
    await store.load(context);
    const baselines = store.update(weights, shards);
    await store.save(shards, context);
    return weights.map((each) => bloatOf(baselines.get(each.shard), each));
  };
  return { rows, leaderTerm, writes, failures, leader, sample };
}

it("continues with the baselines of the previous leader, even when they could not be read for a while", async () => {
  const { leaderTerm, failures, writes, leader, sample } = cluster();
  expect(await sample(leader(), weight(1, 400))).toEqual([1]);
  leaderTerm.term = 2;
  leaderTerm.error = new OrreryError("NODE_UNAVAILABLE", "down");
  const second = leader();
  expect(await sample(second, weight(1, 800))).toEqual([1]);
  expect({ failures, writes: writes.length }).toEqual({ failures: ["NODE_UNAVAILABLE"], writes: 1 });
  leaderTerm.error = undefined;
  expect(await sample(second, weight(1, 800))).toEqual([2]);
  expect(writes.length).toBe(1);
});

it("loads again in each leader term, and saves only while it holds one", async () => {
  const { rows, leaderTerm, leader, sample } = cluster();
  const first = leader();
  await sample(first, weight(1, 400));
  rows.set(1, { shard: 1, build: "1:f1", bytesPerRow: 200 });
  expect(await sample(first, weight(1, 400))).toEqual([1]);
  leaderTerm.term = 3;
  expect(await sample(first, weight(1, 400))).toEqual([2]);
  leaderTerm.term = undefined;
  await sample(first, weight(1, 100));
  expect(rows.get(1)?.bytesPerRow).toBe(200);
});

it("saves baselines that change by more than a little, and deletes those of shards that are gone", async () => {
  const { rows, writes, leader, sample } = cluster();
  const store = leader();
  await sample(store, weight(1, 400), weight(2, 400));
  await sample(store, weight(1, 399), weight(2, 300));
  expect(writes.map((each) => each.map(({ shard }) => shard))).toEqual([[1, 2], [2]]);
  await sample(store, weight(2, 300));
  expect([...rows.keys()]).toEqual([2]);
  await sample(store, weight(2, 300));
  expect(writes.length).toBe(3);
});

it("reports no failure where the schema has no table for baselines", async () => {
  const { leaderTerm, failures, leader, sample } = cluster();
  leaderTerm.error = new OrreryError("NODE_NOT_MIGRATED", "no table");
  expect(await sample(leader(), weight(1, 400))).toEqual([1]);
  expect(failures).toEqual([]);
});
