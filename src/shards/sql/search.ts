/**
 * The nearest records of one or more shards of a node, in one statement.
 *
 * - exact: `ORDER BY (distance) + 0` cannot use the HNSW index, so the primary key finds the rows and all are
 *   compared.
 * - ann: `ORDER BY distance LIMIT n` on the HNSW index with iterative scan. A lossy index (halfvec, bits)
 *   gives candidates; they are ordered again by the exact distance of the stored vector before any leaves
 *   the shard.
 *
 * Limits. A LIMIT that is a parameter is costed at 10 % of the table and loses the index, so each scan
 * carries one of three constants, and an outer LIMIT with the wanted number stops it early.
 */
import type { Metric } from "../../topology/shard-map.ts";
import type { Row, Statement } from "../statement.ts";
import { type Branch, branchOf, fencedScope, Parameters } from "./branch.ts";
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
import { andFilter, type Filter } from "./filter.ts";

export interface SearchBranch extends Branch {
  readonly strategy: "exact" | "ann";
  /** Rows wanted, 1-`SearchInput.mostRows`. */
  readonly limit: number;
  /** `hnsw.ef_search` of the scan, 1-1,000; an exact one does not use it. */
  readonly efSearch: number;
  /** True when an ann scan must use the index; an exact one does not use it. */
  readonly isCertain: boolean;
}

export interface SearchInput {
  /** As `planSearch` makes it: such that it can be compared by `metric` and `quantization`. */
  readonly vector: Float32Array;
  readonly metric: Metric;
  readonly quantization: IndexForm;
  readonly branches: readonly SearchBranch[];
  /** The most rows that a search of this size asks of a branch, 1-1,000; the text depends on it only. */
  readonly mostRows: number;
  /** Rows to take from a lossy index before they are ordered exactly, `mostRows`-1,000. */
  readonly candidates: number;
  /** With it, all branches are exact. */
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
}

/** Throws RangeError for an ann branch with a filter. */
export function searchStatement(input: SearchInput): Statement {
  if (input.filter !== undefined && input.branches.some(({ strategy }) => strategy === "ann"))
    throw new RangeError("an index scan cannot filter");
  const parameters = new Parameters();
  const vector = parameters.add(input.vector, "vector");
  const isLossy = ({ strategy }: SearchBranch) => strategy === "ann" && input.quantization !== "none";
  const inline = hasPayload(input.wanted) ? parameters.add(input.inlineBytes ?? ANY_SIZE, "int8") : undefined;
  const candidates = input.branches.some(isLossy) ? parameters.add(input.candidates, "int8") : undefined;
  const branches = input.branches.map((branch, index) => {
    const scan = branch.strategy === "exact" ? exactScan : isLossy(branch) ? lossyScan : annScan;
    const found = scan(input, { branch, index, parameters, vector, candidates });
    return withPayload({ found, index, limit: parameters.add(branch.limit, "int8"), inline }, input.wanted);
  });
  return {
    text: branches.join(" UNION ALL "),
    values: parameters.values,
    prepare: input.filter === undefined && hasBoundedShape(input.branches),
  };
}

interface FoundRows {
  /** The statement that finds them. */
  readonly found: string;
  readonly index: number;
  readonly limit: string;
  /** The place of `inlineBytes`; undefined when no payload is wanted. */
  readonly inline: string | undefined;
}

function withPayload({ found, index, limit, inline }: FoundRows, wanted: Wanted): string {
  if (inline === undefined) return `(SELECT * FROM (${found}) b${index} LIMIT ${limit})`;
  if (!wanted.metadata)
    return `(SELECT branch, distance, namespace, key${tablePayloadWithin(inline, wanted)} FROM (${found}) b${index} LIMIT ${limit})`;
  return `(SELECT branch, distance, namespace, key${payloadWhere(`${payloadBytes(wanted)} <= ${inline}`, wanted)} FROM (
SELECT branch, distance, namespace, key${textColumns(wanted)} FROM (${found}) b${index} LIMIT ${limit}) p${index})`;
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
  };
  return readWanted(found, row, 4, wanted);
}

interface Scan {
  readonly branch: SearchBranch;
  readonly index: number;
  readonly parameters: Parameters;
  readonly vector: string;
  readonly candidates: string | undefined;
}

function exactScan(input: SearchInput, { branch, index, parameters, vector }: Scan): string {
  return `SELECT ${index} AS branch, (${exactDistance(input.metric, vector)}) + 0 AS distance, namespace, key${tableColumns(input.wanted)}
FROM ${branch.relation} WHERE ${fencedScope(branch, parameters)}${andFilter(input.filter, parameters)}
ORDER BY 2, namespace, key LIMIT ${limitClass(input.mostRows)}`;
}

function annScan(input: SearchInput, { branch, index, parameters, vector }: Scan): string {
  return `SELECT ${index} AS branch, ${exactDistance(input.metric, vector)} AS distance, namespace, key${tableColumns(input.wanted)}
FROM ${branch.relation} WHERE ${fencedScope(branch, parameters, branch)}
ORDER BY ${exactDistance(input.metric, vector)} LIMIT ${limitClass(input.mostRows)}`;
}

function lossyScan(input: SearchInput, { branch, index, parameters, vector, candidates }: Scan): string {
  return `SELECT ${index} AS branch, ${exactDistance(input.metric, vector)} AS distance, namespace, key${tableColumns(input.wanted)}
FROM (SELECT * FROM (
  SELECT namespace, key, value, tags, metadata, embedding
  FROM ${branch.relation} WHERE ${fencedScope(branch, parameters, branch)}
  ORDER BY ${indexedDistance(indexedBy(input), vector)} LIMIT ${limitClass(input.candidates)}
) i${index} LIMIT ${candidates}) c${index}
ORDER BY 2, namespace, key LIMIT ${limitClass(input.mostRows)}`;
}

function indexedBy({ metric, quantization, vector: { length: dimension } }: SearchInput): IndexedVectors {
  return { metric, quantization, dimension };
}

/** The constant in the text; a LIMIT that is a parameter would lose the index. */
export function limitClass(limit: number): 10 | 100 | 1000 {
  if (limit > 1000) throw new RangeError(`more than 1,000 rows asked of a shard: ${limit}`);
  return limit <= 10 ? 10 : limit <= 100 ? 100 : 1000;
}

/** One shard with at most one shard key, or whole shards of a node: few enough texts to prepare. */
function hasBoundedShape(branches: readonly SearchBranch[]): boolean {
  const [only] = branches;
  if (branches.length === 1 && only !== undefined && only.shardKeys !== "all")
    return only.shardKeys.length === 1;
  return branches.every(({ shardKeys }) => shardKeys === "all");
}
