/**
 * Estimates the recall of the indexes. Each sample measures one shard of every collection; since that reads
 * whole shards, samples are rare, and a shard that takes too long is skipped. Where one sample runs out of
 * time the next one continues.
 */
import { type Collection, primaryOf, type ShardId, type ShardMap } from "../../topology/shard-map.ts";
import type { Sampler } from "../sample.ts";
import { type MeasuredShard, mean, measureRecall, type RecallQueries } from "./measure-recall.ts";

export interface RecallOptions extends RecallQueries {
  readonly map: () => ShardMap;
  /** An index search of this shard was stuck among equal vectors; called once for each shard. */
  readonly foundStuck: (where: MeasuredShard) => void;
  /** The recall that searches of the collection want. */
  readonly targetOf: (collection: Collection) => number;
  /** The estimate of a collection is below what its searches want. */
  readonly foundLow: (collection: Collection) => void;
  /** 0 to 1. */
  readonly random: () => number;
  /** How long a sample may take. */
  readonly budgetMs: number;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
}

/** By table: 0 to 1. Tables without any measurement are absent. */
export type RecallEstimates = ReadonlyMap<string, number>;

/** An estimate is the mean of the measurements of this many samples. */
const REMEMBERED = 10;
/** Fewer may be low by chance. */
const ENOUGH = 5;
/** Of the target; searches that miss it by less may do so by chance. */
const LOW_BY = 0.02;

export function createRecallSampler(options: RecallOptions): Sampler<RecallEstimates> {
  const measured = new Map<number, readonly number[]>();
  const reported = new Set<ShardId>();
  /** Index of the collection that the next sample begins with. */
  let next = 0;

  return async (context) => {
    const map = options.map();
    // Two more statements may begin, and each may take as long as a node may.
    const untilMs = options.monotonicMs() + options.budgetMs - 2 * context.nodeTimeoutMs;
    const inTime = () => options.monotonicMs() < untilMs;
    for (const id of measured.keys())
      if (!map.collections.some((collection) => collection.id === id)) measured.delete(id);
    const first = next;
    for (const [at] of map.collections.entries()) {
      const collection = map.collections[(first + at) % map.collections.length] as Collection;
      if (!inTime()) break;
      next = (first + at + 1) % map.collections.length;
      const shard = collection.shards[Math.floor(options.random() * collection.shards.length)];
      const node = shard && primaryOf(map, shard.group);
      if (shard === undefined || node === undefined || collection.settings?.index === "none") continue;
      const where = { collection, shard, node };
      const result = await measureRecall(where, { ...options, inTime }, context);
      if (result === undefined) continue;
      const before = measured.get(collection.id) ?? [];
      const known = [...before, result.recall].slice(-REMEMBERED);
      measured.set(collection.id, known);
      if (known.length >= ENOUGH && mean(known) < options.targetOf(collection) - LOW_BY)
        options.foundLow(collection);
      if (!result.isStuck || reported.has(shard.id)) continue;
      reported.add(shard.id);
      options.foundStuck(where);
    }
    return new Map(
      map.collections.flatMap(({ id, table }) => {
        const values = measured.get(id);
        return values === undefined ? [] : [[table, mean(values)] as const];
      }),
    );
  };
}
