/** The true distances of the nearest records of each query, over one or more shards. */
import {
  type Counted,
  decodeScanned,
  decodeTruth,
  indexScanStatement,
  type RecallQuery,
  truthStatement,
} from "../../shards/sql/recall.ts";
import { hashText, shardKeyOf } from "../../topology/ring.ts";
import type { Collection, Shard } from "../../topology/shard-map.ts";
import type { ShardAsker } from "./shard-asker.ts";

/** What is measured, by which queries. */
export interface Subject {
  readonly collection: Collection;
  /** All that a search asks. */
  readonly shards: readonly Shard[];
  readonly counted: Counted;
}

export interface ScanWidth {
  readonly efSearch: number;
  /** On the shard of the record that the query was made from; default: the same. */
  readonly ownEfSearch?: number;
  /** Rows that count, and the most that are scanned for them. */
  readonly rows: number;
  readonly scanned: number;
}

/** Wide enough to find most of the nearest, so that the pass over the shard keeps few rows. */
const BOUND_WIDTH = 200;
/** One statement takes about this long. */
const PASS_MS = 500;
const FIRST_QUERIES = 2;
const MOST_QUERIES = 25;

/** By shard the distances that the index gives for one query, in its order, without the record left out. */
export async function scanShards(
  { collection, shards, counted }: Subject,
  { vector, leaveOut }: RecallQuery,
  { efSearch, ownEfSearch = efSearch, rows, scanned }: ScanWidth,
  asker: ShardAsker,
): Promise<readonly (readonly number[])[]> {
  const more = leaveOut === undefined ? 0 : 1;
  const hash = leaveOut && hashText(shardKeyOf(leaveOut.namespace));
  const given: (readonly number[])[] = [];
  for (const shard of shards) {
    const isOwn = hash !== undefined && shard.min <= hash && hash <= shard.max;
    const wanted = {
      vector,
      efSearch: isOwn ? ownEfSearch : efSearch,
      counted,
      rows: rows + more,
      scanned: Math.min(scanned + more, 10_000),
    };
    const statement = indexScanStatement(asker.measured(collection, shard), wanted);
    const { rows: found } = await asker.ask(shard, statement, decodeScanned);
    given.push(
      found
        .filter(({ namespace, key }) => namespace !== leaveOut?.namespace || key !== leaveOut.key)
        .slice(0, rows)
        .map(({ distance }) => distance),
    );
  }
  return given;
}

/**
 * By query the distances of its `nearest`, ascending; fewer where there are fewer records. Queries share a
 * pass over a shard: reading its rows costs more than comparing them.
 */
export async function findTruth(
  subject: Subject,
  queries: readonly RecallQuery[],
  nearest: number,
  asker: ShardAsker,
): Promise<readonly (readonly number[])[]> {
  const { collection, shards, counted } = subject;
  const bounded: (RecallQuery & { readonly bound: number })[] = [];
  for (const query of queries) {
    const width = {
      efSearch: BOUND_WIDTH,
      rows: nearest,
      scanned: counted.kind === "all" ? nearest : 10_000,
    };
    const found = (await scanShards(subject, query, width, asker)).flat().sort((a, b) => a - b);
    bounded.push({ ...query, bound: found[nearest - 1] ?? Number.POSITIVE_INFINITY });
  }
  const truth: number[][] = queries.map(() => []);
  for (const shard of shards) {
    let size = FIRST_QUERIES;
    for (let at = 0; at < bounded.length; ) {
      const pass = bounded.slice(at, at + size);
      const statement = truthStatement(asker.measured(collection, shard), {
        queries: pass,
        counted,
        nearest,
      });
      const { rows, elapsedMs } = await asker.ask(shard, statement, decodeTruth);
      for (const [place, distances] of rows) truth[at + place]?.push(...distances);
      at += pass.length;
      size = Math.round((pass.length * PASS_MS) / Math.max(elapsedMs, 1));
      size = Math.min(Math.max(size, 1), MOST_QUERIES);
    }
  }
  return truth.map((distances) => distances.sort((a, b) => a - b).slice(0, nearest));
}
