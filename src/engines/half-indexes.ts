/**
 * Indexes of `half` collections as early versions made them, over the vectors as they are stored. halfvec
 * cannot hold those of every length, so an index over vectors of length 1 takes their place: it is built
 * beside the old one, without keeping searches and writes waiting; then the catalogs say that searches use it
 * (`Collection.unnormalized`), and the old one goes. Pure.
 */
import { quoteIdentifier } from "../lib/quote-identifier.ts";

/** An HNSW index of a table. */
export interface HnswIndex {
  /** Without schema. */
  readonly name: string;
  /** As PostgreSQL writes it. */
  readonly definition: string;
  /** False while it is built, and after its build was cut off. */
  readonly isValid: boolean;
}

/** How long coordinators may take to hear from the catalogs which index to use. */
export const SPREAD_MS = 5_000;

/** HNSW indexes of the table `$1` (quoted, with schema), for `HnswIndex`. */
export const LIST_HNSW_INDEXES = `SELECT i.relname::text AS name, pg_get_indexdef(i.oid) AS definition, x.indisvalid AS valid
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am a ON a.oid = i.relam
WHERE x.indrelid = to_regclass($1) AND a.amname = 'hnsw' ORDER BY i.relname`;

/** SQL condition on a row `x` of pg_index: the index can be used and is over vectors of length 1. */
export const IS_NORMALIZED = "x.indisvalid AND position('l2_normalize' IN pg_get_indexdef(x.indexrelid)) > 0";

/** Whether it is over vectors of length 1. */
export function isNormalized({ definition }: HnswIndex): boolean {
  return definition.includes("l2_normalize");
}

/** Whether it is what an early version made for a `half` collection. */
export function isUnnormalized(index: HnswIndex): boolean {
  return index.definition.includes("halfvec_cosine_ops") && !isNormalized(index);
}

/** The name of the index of a table, and the one it has while the old one is there. */
export function indexName(table: string): string {
  return `${table}_hnsw`;
}

export function newIndexName(table: string): string {
  return `${table}_hnsw_new`;
}

/** Both of one schema. */
export function dropIndexSql(schema: string, index: string): string {
  return `DROP INDEX CONCURRENTLY IF EXISTS ${quoteIdentifier(schema)}.${quoteIdentifier(index)}`;
}

export function renameIndexSql(schema: string, index: string, to: string): string {
  return `ALTER INDEX ${quoteIdentifier(schema)}.${quoteIdentifier(index)} RENAME TO ${quoteIdentifier(to)}`;
}
