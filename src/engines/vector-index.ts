/** The HNSW index of a shard, the same on every engine: what it is, and what builds it. */
import type { AdminQuery } from "../shards/pg/admin-session.ts";
import type { GraphSettings, ShardSize, VectorIndex } from "./placement-changes.ts";

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
export async function findVectorIndex(query: AdminQuery, relation: string): Promise<VectorIndex | undefined> {
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

/** Takes effect when the index is built. `index`: quoted, with schema. */
export function setGraphSql(index: string, { m, efConstruction }: GraphSettings): string {
  return `ALTER INDEX ${index} SET (m = ${m}, ef_construction = ${efConstruction})`;
}

const PROGRESS = `SELECT sum(blocks_done) AS done, sum(blocks_total) AS total
FROM pg_stat_progress_create_index WHERE relid = to_regclass($1)`;

/** 0 to 1 over all builds of indexes of the relation on the node; undefined when none runs. */
export async function readIndexBuild(query: AdminQuery, relation: string): Promise<number | undefined> {
  const [row] = await query(PROGRESS, [relation]);
  if (row?.total === null || row?.total === undefined) return undefined;
  return Number(row.total) === 0 ? 0 : Number(row.done) / Number(row.total);
}

const SIZE = `SELECT coalesce(pg_total_relation_size(oid), 0) AS bytes, coalesce(pg_indexes_size(oid), 0) AS index_bytes,
  greatest(reltuples, 0)::bigint AS rows
FROM pg_class WHERE oid = to_regclass($1)`;

/** `relation`: quoted, with schema. Zeros for a table that is not there. */
export async function findShardSize(query: AdminQuery, relation: string): Promise<ShardSize> {
  const [row] = await query(SIZE, [relation]);
  return {
    bytes: Number(row?.bytes ?? 0),
    indexBytes: Number(row?.index_bytes ?? 0),
    rows: Number(row?.rows ?? 0),
  };
}
