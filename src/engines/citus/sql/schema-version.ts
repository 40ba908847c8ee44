/** The version of Orrery's schema, and what a database needs before it can have one. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";

const PREREQUISITES = `SELECT current_setting('server_encoding') AS encoding,
  EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') AS citus,
  EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') AS vector_available,
  EXISTS (SELECT FROM pg_extension WHERE extname = 'vector') AS vector`;

export interface Prerequisites {
  readonly encoding: string;
  /** Extensions of the database. */
  readonly citus: boolean;
  readonly pgvector: boolean;
  /** The server has the files of the extension. */
  readonly pgvectorAvailable: boolean;
}

export async function readPrerequisites(query: AdminQuery): Promise<Prerequisites> {
  const [row] = await query(PREREQUISITES);
  return {
    encoding: String(row?.encoding),
    citus: row?.citus === true,
    pgvector: row?.vector === true,
    pgvectorAvailable: row?.vector_available === true,
  };
}

/** Session lock: two coordinators that migrate at once take turns. */
export async function lockSchema(query: AdminQuery): Promise<void> {
  await query("SELECT pg_advisory_lock(7238461591)");
}

/** 0: there is none. */
export async function readSchemaVersion(query: AdminQuery): Promise<number> {
  const [table] = await query("SELECT to_regclass('orrery.cluster') IS NOT NULL AS present");
  if (table?.present !== true) return 0;
  const [row] = await query("SELECT schema_version FROM orrery.cluster");
  return Number(row?.schema_version ?? 0);
}

export async function createIdentity(query: AdminQuery): Promise<void> {
  await query("INSERT INTO orrery.cluster (id, schema_version) VALUES (gen_random_uuid()::text, 1)");
}

export async function setSchemaVersion(query: AdminQuery, version: number): Promise<void> {
  await query("UPDATE orrery.cluster SET schema_version = $1", [version]);
}

/** As a node says it to those who connect; fails on one that has no copy of the schema. */
export async function readHelloVersion(query: AdminQuery): Promise<number> {
  const [hello] = await query("SELECT schema_version FROM orrery.hello()");
  return Number(hello?.schema_version);
}
