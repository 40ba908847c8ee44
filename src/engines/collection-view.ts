/**
 * The view by which SQL reads the records of a collection, the same for every engine: `orrery_sql.<name of
 * the collection>`. Its columns are a promise to users (docs/sql.md): shard keys and names of parts stay out.
 */
import { OrreryError } from "../errors.ts";
import { quoteIdentifier } from "../lib/quote-identifier.ts";

export const VIEW_SCHEMA = "orrery_sql";

/** May read the views. Created by the migrations, where they may. */
export const READER = "orrery_reader";

/** Quoted, with schema. A collection's name is at most 63 bytes, as an identifier is. */
export function viewOf(collection: string): string {
  return `${quoteIdentifier(VIEW_SCHEMA)}.${quoteIdentifier(collection)}`;
}

/** `relations`: the tables that hold the records, quoted, with schema; at least one. */
export function createViewSql(collection: string, relations: readonly string[]): string {
  const parts = relations.map(
    (relation) =>
      `SELECT namespace, key, value, metadata, tags, embedding AS vector, created_at, updated_at, version FROM ${relation}`,
  );
  return `CREATE VIEW ${viewOf(collection)} AS ${parts.join("\nUNION ALL ")}`;
}

export function dropViewSql(collection: string): string {
  return `DROP VIEW IF EXISTS ${viewOf(collection)}`;
}

/**
 * One row: whether the schema of the views (`has_views`) and the role that reads them (`has_reader`) exist.
 */
export const READ_PREPARED = `SELECT to_regnamespace('${VIEW_SCHEMA}') IS NOT NULL AS has_views,
  EXISTS (SELECT FROM pg_roles WHERE rolname = '${READER}') AS has_reader`;

/** Names of the views that exist, one a row. */
export const LIST_VIEWS = `SELECT viewname FROM pg_views WHERE schemaname = '${VIEW_SCHEMA}'`;

/**
 * The rights that the reader lacks, one a row: `USAGE ON SCHEMA ...`. `$1`: views and tables that it is to
 * read, quoted, with schema.
 */
export const LIST_LACKING_RIGHTS = `SELECT 'USAGE ON SCHEMA ${VIEW_SCHEMA}' AS lacking
WHERE NOT has_schema_privilege('${READER}', '${VIEW_SCHEMA}', 'USAGE')
UNION ALL SELECT concat('SELECT ON ', relation) FROM unnest($1::text[]) AS r (relation)
WHERE NOT has_table_privilege('${READER}', to_regclass(relation)::oid, 'SELECT')`;

/** A row of `LIST_LACKING_RIGHTS` given to the reader. */
export function grantSql(lacking: string): string {
  return `GRANT ${lacking} TO ${READER}`;
}

/** Objects of SQL that somebody made of a collection's view, so it cannot be dropped. */
export function viewInUse(collection: string, cause: unknown): OrreryError {
  const { detail } = cause as { readonly detail?: unknown };
  const what = typeof detail === "string" ? `: ${detail}` : "";
  return new OrreryError(
    "COLLECTION_IN_USE",
    `what was made in SQL of the view of collection ${collection} has to be dropped first${what}`,
    { cause, details: { metadata: { collection } } },
  );
}
