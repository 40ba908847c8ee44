/**
 * The HNSW index of a shard: what it is, what builds it, and what changes it. Read on the node that holds it.
 */
import { OrreryError } from "../../../errors.ts";
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import type { GraphSettings, VectorIndex } from "../../placement-changes.ts";
import { findVectorIndex, setGraphSql } from "../../vector-index.ts";
import { runFenced } from "./fenced.ts";
import { runAt } from "./run-at.ts";
import { showShards } from "./show-shards.ts";

/** `relation`: quoted, with schema. undefined: it has no usable HNSW index. */
export async function readVectorIndex(query: AdminQuery, relation: string): Promise<VectorIndex | undefined> {
  await showShards(query);
  return findVectorIndex(query, relation);
}

interface OnNode {
  readonly node: string;
  readonly term: number;
}

/** Takes effect when the index is built. Waits for its lock for a second. */
export async function setGraph(
  query: AdminQuery,
  { node, term }: OnNode,
  index: string,
  graph: GraphSettings,
): Promise<void> {
  const change = setGraphSql(index, graph);
  await runAt(query, node, `START TRANSACTION; SET LOCAL lock_timeout TO '1s'; ${change}; COMMIT`, term);
}

/** Without keeping searches or writes waiting. */
export async function dropIndex(query: AdminQuery, { node, term }: OnNode, index: string): Promise<void> {
  await runAt(query, node, `DROP INDEX CONCURRENTLY IF EXISTS ${index}`, term);
}

/** Cancels what builds an index of the relation. */
export async function cancelBuilds(
  query: AdminQuery,
  { node, term }: OnNode,
  relation: string,
): Promise<void> {
  const text = `SELECT count(pg_cancel_backend(pid)) FROM pg_stat_progress_create_index WHERE relid = '${relation.replaceAll("'", "''")}'::regclass`;
  await runAt(query, node, text, term);
}

/** Citus joins no local table with a reference table that is changed, but what a local table gave. */
const RECORD = `WITH led AS MATERIALIZED (SELECT term FROM orrery.leadership WHERE term = $1::bigint),
recorded AS (
  UPDATE orrery.collections
  SET settings = jsonb_set(settings, '{graphs}', coalesce(settings->'graphs', '{}') || jsonb_build_object($3::text, $4::jsonb))
  FROM led WHERE id = $2::int RETURNING 1)
SELECT (SELECT count(*) FROM recorded) FROM led`;

/** As Collection.settings.graphs. */
export async function recordGraph(
  query: AdminQuery,
  {
    collection,
    shard,
    graph,
  }: { readonly collection: number; readonly shard: number; readonly graph: GraphSettings },
  term: number,
): Promise<void> {
  await runFenced(query, term, {
    text: RECORD,
    values: [collection, String(shard), JSON.stringify(graph)],
  });
}

/**
 * Throws STATEMENT_CONFLICT with what the node said; it may pass, and nothing was changed but an unfinished
 * index.
 */
export async function reindex(
  query: AdminQuery,
  { node, index }: { readonly node: string; readonly index: string },
  term: number,
): Promise<void> {
  try {
    await runAt(query, node, `REINDEX INDEX CONCURRENTLY ${index}`, term);
  } catch (error) {
    if (error instanceof OrreryError && error.code === "NODE_UNAVAILABLE")
      throw new OrreryError("STATEMENT_CONFLICT", error.message, { cause: error, details: error.details });
    throw error;
  }
}
