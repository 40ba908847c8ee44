/**
 * The queries that an index is measured by: real ones where enough were seen, else stored vectors, each of
 * which must find others than its own record.
 */
import { comparableVector } from "../../query/plan/comparable-vector.ts";
import { type RecallQuery, storedVectorsStatement } from "../../shards/sql/recall.ts";
import type { Shard } from "../../topology/shard-map.ts";
import type { Subject } from "./find-truth.ts";
import type { ShardAsker } from "./shard-asker.ts";

export interface QueriesWanted extends Subject {
  readonly wanted: number;
  readonly rowsOf: (shard: Shard) => number;
  /** Vectors that these shards were really searched by. */
  readonly seen: readonly Float32Array[];
}

export interface ChosenQueries {
  readonly kind: "real" | "stored";
  readonly queries: readonly RecallQuery[];
}

/** Fewer real queries say less than made ones. */
const LEAST_REAL_SHARE = 0.5;

/** May return fewer than wanted, where there are fewer records. */
export async function chooseQueries(wanted: QueriesWanted, asker: ShardAsker): Promise<ChosenQueries> {
  const { collection, seen } = wanted;
  if (seen.length >= wanted.wanted * LEAST_REAL_SHARE)
    return {
      kind: "real",
      queries: seen
        .slice(0, wanted.wanted)
        .map((vector) => ({ vector: comparableVector(vector, collection, "vector"), leaveOut: undefined })),
    };
  return { kind: "stored", queries: await storedVectors(wanted, asker) };
}

async function storedVectors(wanted: QueriesWanted, asker: ShardAsker): Promise<readonly RecallQuery[]> {
  const { collection, shards, counted, rowsOf } = wanted;
  const total = shards.reduce((sum, shard) => sum + rowsOf(shard), 0);
  const queries: RecallQuery[] = [];
  for (const shard of shards) {
    const rows = rowsOf(shard);
    const part = Math.ceil((wanted.wanted * rows) / Math.max(total, 1));
    if (part === 0) continue;
    const statement = storedVectorsStatement(asker.measured(collection, shard), {
      wanted: part,
      rows,
      counted,
    });
    const stored = await asker.ask(shard, statement, ([namespace, key, vector]) => ({
      leaveOut: { namespace: String(namespace), key: String(key) },
      vector: vector as Float32Array,
    }));
    for (const { leaveOut, vector } of stored.rows) {
      if (queries.length >= wanted.wanted) break;
      if (vector.every((value) => value === 0)) continue;
      queries.push({ leaveOut, vector: comparableVector(vector, collection, "vector") });
    }
  }
  return queries;
}
