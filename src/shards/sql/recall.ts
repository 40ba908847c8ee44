/**
 * What measuring the recall of a shard's index asks of it. Distances are those of searches (distance.ts), so
 * that the same rows are compared in the same way. Rows are told apart by namespace and key.
 */
import type { Row, Statement } from "../statement.ts";
import { fencedScan, fencedScope, Parameters } from "./branch.ts";
import { exactDistance, type IndexedVectors, indexedDistance } from "./distance.ts";

/** The shard that is measured. */
export interface MeasuredShard extends IndexedVectors {
  /** Quoted, with schema: from `Engine.readRelation`. */
  readonly relation: string;
  readonly shardId: number;
}

export interface RecallQuery {
  /** Such that it can be compared by metric and index, as `planSearch` makes it. */
  readonly vector: Float32Array;
  /** The record that it was made from, which must not be found; undefined: none. */
  readonly leaveOut: { readonly namespace: string; readonly key: string } | undefined;
}

/**
 * Which records count: `mask`: a part of 1 / (mask + 1) of them that has nothing to do with their vectors.
 */
export type Counted =
  | { readonly kind: "all" }
  | { readonly kind: "mask"; readonly mask: 31 | 127 }
  | { readonly kind: "shardKey"; readonly shardKey: string };

export interface IndexScanWanted {
  readonly vector: Float32Array;
  readonly efSearch: number;
  readonly counted: Counted;
  /** Rows that count, 1-10,000. */
  readonly rows: number;
  /** The most rows that are scanned for them, 1-10,000. */
  readonly scanned: number;
}

export interface ScannedRow {
  readonly namespace: string;
  readonly key: string;
  /** The exact one, of which less is nearer. */
  readonly distance: number;
}

/** Rows as the index gives them, in its order. */
export function indexScanStatement(shard: MeasuredShard, wanted: IndexScanWanted): Statement {
  const parameters = new Parameters();
  const vector = parameters.add(wanted.vector, "vector");
  const counted = countedCondition(wanted.counted, parameters);
  const scope = fencedScan({ ...shard, shardKeys: "all", efSearch: wanted.efSearch }, parameters);
  return {
    text: `SELECT namespace, key, distance FROM (
  SELECT namespace, key, ${exactDistance(shard.metric, vector)} AS distance, ${counted} AS counts
  FROM ${shard.relation} WHERE ${scope}
  ORDER BY ${indexedDistance(shard, vector)} LIMIT ${scannedClass(wanted.scanned)}
) s WHERE counts LIMIT ${parameters.add(wanted.rows, "int8")}`,
    values: parameters.values,
    prepare: false,
  };
}

/** Undefined for a record without direction, which is never a hit. */
export function decodeScanned(row: Row): ScannedRow | undefined {
  const distance = row[2] as number;
  if (Number.isNaN(distance)) return undefined;
  return { namespace: String(row[0]), key: String(row[1]), distance };
}

export interface TruthWanted {
  /** `bound`: no record that is among the nearest is farther away than that. */
  readonly queries: readonly (RecallQuery & { readonly bound: number })[];
  readonly counted: Counted;
  /** Of each query. */
  readonly nearest: number;
}

/**
 * The distances of the nearest records of each query, in one pass over the shard: what is farther away than
 * an index scan has found already is not among them, so nothing is sorted but what is.
 */
export function truthStatement(shard: MeasuredShard, { queries, counted, nearest }: TruthWanted): Statement {
  const parameters = new Parameters();
  const values = queries.map(({ vector, bound, leaveOut }, index) => {
    const columns = [
      parameters.add(index, "int4"),
      parameters.add(vector, "vector"),
      parameters.add(bound, "float8"),
      parameters.add(leaveOut?.namespace ?? null, "text"),
      parameters.add(leaveOut?.key ?? null, "text"),
    ];
    return `(${columns.join(", ")})`;
  });
  const scope = fencedScope({ ...shard, shardKeys: "all" }, parameters);
  const condition = countedCondition(counted, parameters);
  return {
    text: `SELECT query, array_to_json((array_agg(distance ORDER BY distance))[1:${parameters.add(nearest, "int4")}])::text
FROM (
  SELECT q.query, d.distance FROM ${shard.relation} t
  CROSS JOIN (VALUES ${values.join(", ")}) q (query, vector, bound, left_namespace, left_key)
  CROSS JOIN LATERAL (SELECT ${exactDistance(shard.metric, "q.vector")} AS distance) d
  WHERE ${scope} AND ${condition} AND d.distance <= q.bound
    AND (q.left_key IS NULL OR t.key <> q.left_key OR t.namespace <> q.left_namespace)
) found GROUP BY query`,
    values: parameters.values,
    prepare: false,
  };
}

/** Ascending distances by the place of their query; a query without any is absent. */
export function decodeTruth(row: Row): readonly [query: number, distances: readonly number[]] {
  return [Number(row[0]), JSON.parse(String(row[1])) as number[]];
}

/** Vectors of records chosen at random, of about `rows` that the shard has. */
export function storedVectorsStatement(
  shard: MeasuredShard,
  { wanted, rows, counted }: { readonly wanted: number; readonly rows: number; readonly counted: Counted },
): Statement {
  const parameters = new Parameters();
  // Somewhat more than are wanted, so that those of the last pages have their chance.
  const percent = Math.min(100, Math.max((200 * wanted) / Math.max(rows, 1), 0.001));
  const sample = parameters.add(percent, "float8");
  const scope = fencedScope({ ...shard, shardKeys: "all" }, parameters);
  const condition = countedCondition(counted, parameters);
  return {
    text: `SELECT namespace, key, embedding FROM (
  SELECT namespace, key, embedding FROM ${shard.relation} TABLESAMPLE BERNOULLI (${sample})
  WHERE ${scope} AND ${condition}
) s ORDER BY random() LIMIT ${parameters.add(wanted, "int8")}`,
    values: parameters.values,
    prepare: false,
  };
}

/** The shard keys with at least `rows` records, the largest first. */
export function largeShardKeysStatement(
  shard: MeasuredShard,
  { rows, most }: { readonly rows: number; readonly most: number },
): Statement {
  const parameters = new Parameters();
  const scope = fencedScope({ ...shard, shardKeys: "all" }, parameters);
  return {
    text: `SELECT shard_key, count(*)::float8 FROM ${shard.relation} WHERE ${scope}
GROUP BY shard_key HAVING count(*) >= ${parameters.add(rows, "int8")} ORDER BY 2 DESC LIMIT ${parameters.add(most, "int8")}`,
    values: parameters.values,
    prepare: false,
  };
}

/** Rows of the shard, and what names the build of its vector index. */
export function indexBuildStatement(shard: MeasuredShard): Statement {
  const parameters = new Parameters();
  const relation = parameters.add(shard.relation, "text");
  return {
    text: `SELECT coalesce(string_agg(c.oid || '/' || pg_relation_filenode(c.oid), ' ' ORDER BY c.oid), '')
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
WHERE i.indrelid = to_regclass(${relation}) AND i.indisvalid AND a.amname IN ('hnsw', 'ivfflat')`,
    values: parameters.values,
    prepare: false,
  };
}

/** The constant in the text; a LIMIT that is a parameter would lose the index. */
function scannedClass(rows: number): 10 | 100 | 1000 | 10_000 {
  if (rows > 10_000) throw new RangeError(`more than 10,000 rows scanned: ${rows}`);
  return rows <= 10 ? 10 : rows <= 100 ? 100 : rows <= 1000 ? 1000 : 10_000;
}

function countedCondition(counted: Counted, parameters: Parameters): string {
  switch (counted.kind) {
    case "all":
      return "true";
    case "mask":
      return `hashtext(key) & ${parameters.add(counted.mask, "int4")} = 0`;
    case "shardKey":
      return `coalesce(shard_key = ${parameters.add(counted.shardKey, "text")}, false)`;
  }
}
