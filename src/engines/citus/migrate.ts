/** Brings the schema `orrery` of a Citus cluster up to date. Runs on the Citus coordinator node. */
import { OrreryError } from "../../errors.ts";
import type { AdminQuery } from "../../shards/pg/admin-session.ts";
import type { CollectionSpec } from "../engine.ts";
import { readMigrations } from "../read-migrations.ts";
import { createCollection } from "./collections.ts";

const DEFAULT_TABLE = "memory_entries";
const INSUFFICIENT_PRIVILEGE = "42501";

/**
 * Applies what is missing, each file in a transaction of its own, and creates the default collection when
 * there never was one. Returns the versions applied. CONFIG_INVALID on a database that is not UTF8, has no
 * Citus, or is newer, and for a role that may not do it.
 */
export async function migrate(
  ask: AdminQuery,
  defaultCollection: CollectionSpec,
): Promise<readonly number[]> {
  const query: AdminQuery = (text, values) => ask(text, values).catch(explainRight);
  // Session lock: two coordinators that start at once take turns.
  await query("SELECT pg_advisory_lock(7238461591)");
  await checkDatabase(query);
  const migrations = readMigrations("citus");
  const present = await schemaVersion(query);
  const newest = migrations.at(-1)?.version ?? 0;
  if (present > newest) {
    throw new OrreryError(
      "CONFIG_INVALID",
      `the database has schema version ${present}, this program knows ${newest}: use a newer one`,
    );
  }
  const missing = migrations.filter(({ version }) => version > present);
  for (const { version, sql } of missing) {
    await query("BEGIN");
    await query(sql);
    if (version === 1) {
      await query("INSERT INTO orrery.cluster (id, schema_version) VALUES (gen_random_uuid()::text, 1)");
      await createCollection(query, defaultCollection, { table: DEFAULT_TABLE });
    } else {
      await query("UPDATE orrery.cluster SET schema_version = $1", [version]);
    }
    await query("COMMIT");
  }
  return missing.map(({ version }) => version);
}

async function checkDatabase(query: AdminQuery): Promise<void> {
  const [facts] = await query(
    `SELECT current_setting('server_encoding') AS encoding,
  EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') AS citus,
  EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') AS vector,
  EXISTS (SELECT FROM pg_extension WHERE extname = 'vector') AS has_vector`,
  );
  if (facts?.encoding !== "UTF8") {
    throw new OrreryError("CONFIG_INVALID", `the database has encoding ${facts?.encoding}; it must be UTF8`);
  }
  if (facts.citus !== true) {
    throw new OrreryError(
      "CONFIG_INVALID",
      "the database has no extension citus: run CREATE EXTENSION citus on every node",
    );
  }
  if (facts.vector !== true) {
    throw new OrreryError(
      "CONFIG_INVALID",
      "the server has no extension vector: install pgvector on every node",
    );
  }
  // Also IF NOT EXISTS is for the owner of the extension alone, a superuser.
  if (facts.has_vector !== true) await query("CREATE EXTENSION vector");
}

/** What it says elsewhere, to migrate, would be of little help here. */
function explainRight(error: unknown): never {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (code !== INSUFFICIENT_PRIVILEGE) throw error;
  const remedy = String(message).includes('"vector"')
    ? "as a superuser, CREATE EXTENSION vector on the Citus coordinator node, which carries it to the others"
    : "grant what docs/deployment.md shows, or SECURITY.md lists";
  throw new OrreryError(
    "CONFIG_INVALID",
    `the role of citus.adminUrl may not do that (${message}): ${remedy}`,
    {
      cause: error,
    },
  );
}

async function schemaVersion(query: AdminQuery): Promise<number> {
  const [table] = await query("SELECT to_regclass('orrery.cluster') IS NOT NULL AS present");
  if (table?.present !== true) return 0;
  const [row] = await query("SELECT schema_version FROM orrery.cluster");
  return Number(row?.schema_version ?? 0);
}
