/**
 * The HNSW index of a shard: what it is, what builds it, and what changes it. Read on the node that holds it.
 */
import { OrreryError } from "../../../errors.ts";
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import type { GraphSettings, VectorIndex } from "../../placement-changes.ts";
import { runFenced } from "./fenced.ts";
import { runAt } from "./run-at.ts";
import { showShards } from "./show-shards.ts";

const INDEXES = `SELECT format('%I.%I', n.nspname, i.relname) AS name, i.oid::text AS build, x.indisvalid AS valid,
  (SELECT option_value FROM pg_options_to_table(i.reloptions) WHERE option_name = 'm') AS m,
  (SELECT option_value FROM pg_options_to_table(i.reloptions) WHERE option_name = 'ef_construction') AS ef_construction
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace
  JOIN pg_am a ON a.oid = i.relam
WHERE x.indrelid = to_regclass($1) AND a.amname = 'hnsw' ORDER BY x.indisvalid DESC, i.relname`;

/**
 * A mark changes only when the build goes on. Of builds by other roles PostgreSQL shows no more than that one
 * is.
 */
const BUILDS = `SELECT b.relid IS NOT DISTINCT FROM to_regclass($1) AS own,
  concat_ws(' ', b.pid, b.phase, b.blocks_done, b.tuples_done, b.lockers_done,
    CASE WHEN b.relid IS NULL THEN clock_timestamp() END) AS mark
FROM pg_stat_progress_create_index b WHERE b.datname = current_database()`;

const MEMORY = "SELECT pg_size_bytes(current_setting('maintenance_work_mem'))::float8 AS bytes";

/** pgvector's, where the index names none. */
const DEFAULTS: GraphSettings = { m: 16, efConstruction: 64 };

/** `relation`: quoted, with schema. undefined: it has no usable HNSW index. */
export async function readVectorIndex(query: AdminQuery, relation: string): Promise<VectorIndex | undefined> {
  await showShards(query);
  const [present, ...others] = await query(INDEXES, [relation]);
  if (present === undefined || present.valid !== true) return undefined;
  const builds = await query(BUILDS, [relation]);
  const [memory] = await query(MEMORY);
  return {
    name: String(present.name),
    build: String(present.build),
    graph: {
      m: Number(present.m ?? DEFAULTS.m),
      efConstruction: Number(present.ef_construction ?? DEFAULTS.efConstruction),
    },
    unfinished: others.filter(({ valid }) => valid !== true).map(({ name }) => String(name)),
    marks: builds.filter(({ own }) => own === true).map(({ mark }) => String(mark)),
    otherBuilds: builds.filter(({ own }) => own !== true).length,
    maintenanceBytes: Number(memory?.bytes),
  };
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
  { m, efConstruction }: GraphSettings,
): Promise<void> {
  const change = `ALTER INDEX ${index} SET (m = ${m}, ef_construction = ${efConstruction})`;
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
