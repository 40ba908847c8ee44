/**
 * The nearest records of one or more shards of a node, in one statement.
 *
 * - exact: `ORDER BY (distance) + 0` cannot use the HNSW index, so the primary key, or an index of what is
 *   filtered by, finds the rows, and all are compared.
 * - ann of all rows: `ORDER BY distance LIMIT n` on the HNSW index with iterative scan. A lossy index
 *   (halfvec, bits) gives candidates; they are ordered again by the exact distance of the stored vector
 *   before any leaves the shard.
 * - ann of some rows, those of a few shard keys or that a filter holds for: the index is scanned for all,
 *   nearest first, up to a bound, and the condition is judged outside of the scan. PostgreSQL sees no more
 *   than the scan when it plans, so no estimate of the condition can take the index from it; and a condition
 *   that few rows near the query meet ends the scan at the bound, instead of after all of the graph. Each row
 *   comes with its rank in the scan, which says whether those found are likely to be the nearest
 *   (query/plan/frontier.ts).
 *
 * Limits. A LIMIT that is a parameter is costed at 10 % of the table and loses the index, so each scan
 * carries one of a few constants, and an outer LIMIT with the wanted number stops it early.
 */
import type { Metric } from "../../topology/shard-map.ts";
import type { Row, Statement } from "../statement.ts";
import { type Branch, branchOf, fencedScan, fencedScope, Parameters, scopeCondition } from "./branch.ts";
import {
  ANY_SIZE,
  hasPayload,
  payloadBytes,
  payloadWhere,
  readWanted,
  tableColumns,
  tablePayloadWithin,
  textColumns,
  type Wanted,
  type WantedColumns,
} from "./columns.ts";
import {
  exactDistance,
  type IndexedVectors,
  type IndexForm,
  indexedDistance,
  similarityOf,
} from "./distance.ts";
import { andFilter, type Filter, filterCondition } from "./filter.ts";

export interface SearchBranch extends Branch {
  readonly strategy: "exact" | "ann";
  /** Rows wanted, 1-`SearchInput.mostRows`. */
  readonly limit: number;
  /** `hnsw.ef_search` of the scan, 1-1,000; an exact one does not use it. */
  readonly efSearch: number;
  /** Rows to take from a lossy index before they are ordered exactly, `limit`-1,000; others do not use it. */
  readonly candidates: number;
  /** Of an ann scan for some rows of the shard; undefined for one of all. */
  readonly bound?: ScanBound | undefined;
}

export interface ScanBound {
  /** The scan ends after so many rows, 1-10,000, whether they meet the condition or not. */
  readonly scanned: number;
  /**
   * Rows that meet it to return, `limit` or more, at most `scanned`. Those behind the best `limit` carry no
   * payload.
   */
  readonly taken: number;
}

export interface SearchInput {
  /** As `planSearch` makes it: such that it can be compared by `metric` and `quantization`. */
  readonly vector: Float32Array;
  readonly metric: Metric;
  readonly quantization: IndexForm;
  readonly branches: readonly SearchBranch[];
  /** The most rows that a search of this size asks of a branch, 1-1,000; the text depends on it only. */
  readonly mostRows: number;
  /** With it, every ann branch has a bound. */
  readonly filter?: Filter | undefined;
  readonly wanted: Wanted;
  /** A record with a larger payload comes without it; undefined: none is too large. */
  readonly inlineBytes?: number;
}

export interface FoundRow extends WantedColumns {
  readonly branch: number;
  /** By the metric of the collection, higher always nearer. */
  readonly similarity: number;
  readonly namespace: string;
  readonly key: string;
  /** Its place in a bounded scan, from 1; 0 where there was none. */
  readonly rank: number;
}

/** Throws RangeError for an ann branch of some rows without a bound. */
export function searchStatement(input: SearchInput): Statement {
  const parameters = new Parameters();
  const vector = parameters.add(input.vector, "vector");
  const inline = hasPayload(input.wanted) ? parameters.add(input.inlineBytes ?? ANY_SIZE, "int8") : undefined;
  const branches = input.branches.map((branch, index) => {
    const scan = { branch, index, parameters, vector };
    if (branch.strategy === "ann" && branch.bound !== undefined)
      return boundedScan(input, { ...scan, bound: branch.bound, inline });
    if (branch.strategy === "ann" && (branch.shardKeys !== "all" || input.filter !== undefined))
      throw new RangeError("an index scan for some rows needs a bound");
    const found =
      branch.strategy === "exact"
        ? exactScan(input, scan)
        : input.quantization === "none"
          ? annScan(input, scan)
          : lossyScan(input, scan);
    return withPayload({ found, index, limit: parameters.add(branch.limit, "int8"), inline }, input.wanted);
  });
  return {
    text: branches.join(" UNION ALL "),
    values: parameters.values,
    prepare: input.filter === undefined && hasBoundedShape(input.branches),
  };
}

const FOUND = "branch, distance, namespace, key, rank";

interface FoundRows {
  /** The statement that finds them. */
  readonly found: string;
  readonly index: number;
  readonly limit: string;
  /** The place of `inlineBytes`; undefined when no payload is wanted. */
  readonly inline: string | undefined;
}

function withPayload({ found, index, limit, inline }: FoundRows, wanted: Wanted): string {
  if (inline === undefined) return `(SELECT ${FOUND} FROM (${found}) b${index} LIMIT ${limit})`;
  if (!wanted.metadata)
    return `(SELECT ${FOUND}${tablePayloadWithin(inline, wanted)} FROM (${found}) b${index} LIMIT ${limit})`;
  return `(SELECT ${FOUND}${payloadWhere(`${payloadBytes(wanted)} <= ${inline}`, wanted)} FROM (
SELECT ${FOUND}${textColumns(wanted)} FROM (${found}) b${index} LIMIT ${limit}) p${index})`;
}

/**
 * Undefined for a record whose distance is not a number: by cosine a vector of zeros, which has no direction
 * and is as near to everything as to nothing; otherwise one whose numbers overflow. Only SQL can have written
 * them. PostgreSQL sorts NaN behind all other distances.
 */
export function decodeFound(row: Row, wanted: Wanted, metric: Metric): FoundRow | undefined {
  const distance = row[1] as number;
  if (Number.isNaN(distance)) return undefined;
  const found = {
    branch: branchOf(row),
    similarity: similarityOf(metric, distance),
    namespace: row[2] as string,
    key: row[3] as string,
    rank: row[4] as number,
  };
  return readWanted(found, row, 5, wanted);
}

interface Scan {
  readonly branch: SearchBranch;
  readonly index: number;
  readonly parameters: Parameters;
  readonly vector: string;
}

function exactScan(input: SearchInput, { branch, index, parameters, vector }: Scan): string {
  return `SELECT ${index} AS branch, (${exactDistance(input.metric, vector)}) + 0 AS distance, namespace, key, 0 AS rank${tableColumns(input.wanted)}
FROM ${branch.relation} WHERE ${fencedScope(branch, parameters)}${andFilter(input.filter, parameters)}
ORDER BY 2, namespace, key LIMIT ${limitClass(input.mostRows)}`;
}

function annScan(input: SearchInput, { branch, index, parameters, vector }: Scan): string {
  return `SELECT ${index} AS branch, ${exactDistance(input.metric, vector)} AS distance, namespace, key, 0 AS rank${tableColumns(input.wanted)}
FROM ${branch.relation} WHERE ${fencedScan(branch, parameters)}
ORDER BY ${exactDistance(input.metric, vector)} LIMIT ${limitClass(input.mostRows)}`;
}

function lossyScan(input: SearchInput, { branch, index, parameters, vector }: Scan): string {
  return `SELECT ${index} AS branch, ${exactDistance(input.metric, vector)} AS distance, namespace, key, 0 AS rank${tableColumns(input.wanted)}
FROM (SELECT * FROM (
  SELECT namespace, key, value, tags, metadata, embedding
  FROM ${branch.relation} WHERE ${fencedScan(branch, parameters)}
  ORDER BY ${indexedDistance(indexedBy(input), vector)} LIMIT ${limitClass(branch.candidates)}
) i${index} LIMIT ${parameters.add(branch.candidates, "int8")}) c${index}
ORDER BY 2, namespace, key LIMIT ${limitClass(input.mostRows)}`;
}

interface BoundedScan extends Scan {
  readonly bound: ScanBound;
  /** As of FoundRows. */
  readonly inline: string | undefined;
}

/**
 * All rows taken leave the shard, as their ranks are what the answer is judged by. A row that does not meet
 * the condition has no distance: so the condition is judged once, and no vector goes through the numbering,
 * which copies each row.
 */
function boundedScan(
  input: SearchInput,
  { branch, index, parameters, vector, bound, inline }: BoundedScan,
): string {
  const { wanted, filter } = input;
  const meets = condition(branch.shardKeys, filter, parameters);
  const scan = `SELECT CASE WHEN ${meets} THEN ${exactDistance(input.metric, vector)} END AS distance, namespace, key${tableColumns(wanted)}
  FROM ${branch.relation} WHERE ${fencedScan(branch, parameters)}
  ORDER BY ${indexedDistance(indexedBy(input), vector)} LIMIT ${limitClass(bound.scanned)}`;
  const taken = `SELECT * FROM (
  SELECT *, (row_number() OVER ())::int4 AS rank FROM (
  SELECT * FROM (${scan}) i${index} LIMIT ${parameters.add(bound.scanned, "int8")}) s${index}) r${index}
  WHERE distance IS NOT NULL`;
  const found = `SELECT ${index} AS branch, distance, namespace, key, rank`;
  const mostTaken = parameters.add(bound.taken, "int8");
  if (!ranksPayload(branch.limit, bound)) {
    const rows = `${found}${tableColumns(wanted)} FROM (${taken}) t${index}`;
    return withPayload({ found: rows, index, limit: mostTaken, inline }, wanted);
  }
  const limited = `${taken} LIMIT ${mostTaken}`;
  if (inline === undefined) return `(${found} FROM (${limited}) t${index})`;
  const limit = parameters.add(branch.limit, "int8");
  const best = `SELECT *, row_number() OVER (ORDER BY distance, namespace, key) AS place FROM (${limited}) t${index}`;
  return `(SELECT ${FOUND}${payloadWhere(`place <= ${limit} AND ${payloadBytes(wanted)} <= ${inline}`, wanted)} FROM (
${found}, place${textColumns(wanted)} FROM (${best}) b${index}) p${index})`;
}

/** Whether rows are taken that are no longer wanted once they are ordered, and so need no payload. */
export function ranksPayload(limit: number, { taken }: ScanBound): boolean {
  return taken > limit;
}

/** The scope of the branch and the filter, as one condition. */
function condition(
  shardKeys: Branch["shardKeys"],
  filter: Filter | undefined,
  parameters: Parameters,
): string {
  const parts = [
    ...(shardKeys === "all" ? [] : [scopeCondition(shardKeys, parameters)]),
    ...(filter === undefined ? [] : [filterCondition(filter, parameters)]),
  ];
  return parts.length === 0 ? "true" : parts.join(" AND ");
}

function indexedBy({ metric, quantization, vector: { length: dimension } }: SearchInput): IndexedVectors {
  return { metric, quantization, dimension };
}

/** The constant in the text; a LIMIT that is a parameter would lose the index. */
export function limitClass(limit: number): 10 | 100 | 1000 | 10000 {
  if (limit > 10_000) throw new RangeError(`more than 10,000 rows asked of a scan: ${limit}`);
  return limit <= 10 ? 10 : limit <= 100 ? 100 : limit <= 1000 ? 1000 : 10_000;
}

/** One shard with at most one shard key, or whole shards of a node: few enough texts to prepare. */
export function hasBoundedShape(branches: readonly SearchBranch[]): boolean {
  const [only] = branches;
  if (branches.length === 1 && only !== undefined && only.shardKeys !== "all")
    return only.shardKeys.length === 1;
  return branches.every(({ shardKeys }) => shardKeys === "all");
}
