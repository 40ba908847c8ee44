/** Settings of a collection against its size and dimension. Pure. */
import { adviseShardCounts, ROWS_PER_SHARD } from "../rebalance/advise-placement.ts";
import type { KnownCollection, KnownShard, SearchSettings } from "./known-cluster.ts";

export type CollectionParameter =
  | "shard_count"
  | "shard_size"
  | "m"
  | "ef_construction"
  | "ef_search"
  | "quantization";

interface CollectionAdvice {
  readonly parameter: CollectionParameter;
  readonly present: string;
  readonly advised: string;
  readonly reason: string;
}

/** Rows from which settings of the graph matter. */
const LARGE_ROWS = 100_000;
const VERY_LARGE_ROWS = 1_000_000;
const MANY_DIMENSIONS = 768;
/** Fewer bits than the first distinguish too little; from the second on they may replace halves. */
const LEAST_BITS = 256;
const ENOUGH_BITS = 512;

/**
 * From so many rows on a denser graph is worth its build, where it is searched so many times as often as
 * written: measured with 50,000 to 120,000 rows, searches find as much with a quarter less CPU, and none
 * finds nothing, for 2.5 times the time to build.
 */
const DENSE_ROWS = 50_000;
const DENSE = { m: 24, efConstruction: 150 } as const;
const SCANS_PER_WRITE = 100;

/** pgvector's default, and the number of links above which memory grows faster than recall. */
const LINKS = { least: 16, most: 64 } as const;

interface Known {
  readonly collection: KnownCollection;
  readonly shards: readonly KnownShard[];
  readonly searches: SearchSettings;
  /** On a node that holds some of it, the indexes do not fit the memory the server is configured for. */
  readonly outgrowsMemory: boolean;
  readonly shardsMove: boolean;
}

export function adviseCollection(known: Known): readonly CollectionAdvice[] {
  if (known.shards.length === 0) return [];
  return [
    ...adviseShards(known),
    ...adviseGraph(known),
    ...adviseDenserGraph(known),
    ...adviseSearch(known),
    ...adviseQuantization(known),
  ];
}

/** Where shards cannot be split, only a new collection has more of them. */
const AGAIN = "create a collection with more shards, then export and import the records";

function adviseShards({ collection: { table }, shards, shardsMove }: Known): readonly CollectionAdvice[] {
  const shardGroups = shards.map(({ rows }, shard) => ({ collection: table, shard, rows }));
  const [count] = adviseShardCounts({ shardGroups });
  const outgrown = shards.filter(({ rows }) => rows > ROWS_PER_SHARD);
  const most = ROWS_PER_SHARD.toLocaleString("en");
  return [
    ...(count === undefined || count.shardCount >= count.advised
      ? []
      : [
          {
            parameter: "shard_count" as const,
            present: String(count.shardCount),
            advised: String(count.advised),
            reason: `${rowsOf(count.rows)} in all; ${shardsMove ? "split the largest shards" : AGAIN}`,
          },
        ]),
    ...(outgrown.length === 0
      ? []
      : [
          {
            parameter: "shard_size" as const,
            present: rowsOf(mostRows(outgrown)),
            advised: `${most} rows at most`,
            reason: shardsMove
              ? `${outgrown.length} of ${shards.length} shards are larger, slow to index and to move; split ${outgrown[0]?.name}`
              : `${outgrown.length} of ${shards.length} shards are larger and slow to index; ${AGAIN}`,
          },
        ]),
  ];
}

/** Takes effect only when an index is built: for the next collection, or the next re-index. */
function adviseGraph({ collection: { hnsw }, shards }: Known): readonly CollectionAdvice[] {
  const rows = mostRows(shards);
  if (rows < LARGE_ROWS) return [];
  const advice: CollectionAdvice[] = [];
  const { m, efConstruction } = hnsw;
  if (m < LINKS.least || m > LINKS.most) {
    const reason =
      m < LINKS.least
        ? `a shard has ${rowsOf(rows)}, and with few links a search gets lost in them`
        : "more links take memory and time of every insert, and add hardly any recall";
    const advised = String(m < LINKS.least ? LINKS.least : LINKS.most);
    advice.push({ parameter: "m", present: String(m), advised, reason });
  }
  const wanted = Math.max(4 * m, rows >= VERY_LARGE_ROWS ? 128 : 64);
  if (efConstruction < wanted) {
    advice.push({
      parameter: "ef_construction",
      present: String(efConstruction),
      advised: String(wanted),
      reason: `a shard has ${rowsOf(rows)}; with m ${m} fewer candidates make links that searches miss records by`,
    });
  }
  return advice;
}

/** Not where the graph is advised to have other links for other reasons, nor where that is not known. */
function adviseDenserGraph({ collection: { hnsw }, shards }: Known): readonly CollectionAdvice[] {
  if (hnsw.m < LINKS.least || hnsw.m >= DENSE.m) return [];
  const worth = shards.filter(
    ({ rows, use }) =>
      rows > DENSE_ROWS && use !== undefined && use.scans >= SCANS_PER_WRITE * Math.max(use.writes, 1),
  );
  const [largest] = worth.toSorted((a, b) => b.rows - a.rows);
  if (largest === undefined) return [];
  return [
    {
      parameter: "m",
      present: String(hnsw.m),
      advised: String(DENSE.m),
      reason: `${worth.length} of ${shards.length} shards have more than ${rowsOf(DENSE_ROWS)} and over ${SCANS_PER_WRITE} searches for each write: built with m ${DENSE.m} and ef_construction ${DENSE.efConstruction}, as orrery shards reindex can ${largest.name}, searches take a quarter less CPU, and builds 2.5 times as long`,
    },
  ];
}

/** Published for a million records of 1,536 dimensions, m 16: recall 0.966 with 40 and 0.986 with 80. */
function adviseSearch({ collection: { dimension }, shards, searches }: Known): readonly CollectionAdvice[] {
  const rows = mostRows(shards);
  if (rows < LARGE_ROWS) return [];
  const advised = rows >= VERY_LARGE_ROWS && dimension >= MANY_DIMENSIONS ? 80 : 40;
  if (searches.efSearch === undefined || searches.efSearch >= advised) return [];
  const reason = `a shard has ${rowsOf(rows)} of ${dimension} dimensions; raise query.efSearch`;
  return [{ parameter: "ef_search", present: String(searches.efSearch), advised: String(advised), reason }];
}

function adviseQuantization({ collection, shards, outgrowsMemory }: Known): readonly CollectionAdvice[] {
  const { quantization, dimension } = collection;
  const advise = (advised: "half" | "binary", reason: string) => [
    { parameter: "quantization" as const, present: quantization, advised, reason },
  ];
  if (quantization === "binary" && dimension < LEAST_BITS && mostRows(shards) > 0)
    return advise("half", `${dimension} bits tell too few records apart`);
  if (!outgrowsMemory) return [];
  const reason = "the indexes of a node that holds it are larger than its effective_cache_size";
  if (quantization === "none") return advise("half", `${reason}; half takes half of that and finds as much`);
  if (quantization === "half" && dimension >= ENOUGH_BITS)
    return advise("binary", `${reason}; bits take a sixteenth, and are ordered by the exact vectors`);
  return [];
}

function mostRows(shards: readonly KnownShard[]): number {
  return shards.reduce((most, { rows }) => Math.max(most, rows), 0);
}

function rowsOf(rows: number): string {
  return `${Math.round(rows).toLocaleString("en")} rows`;
}
