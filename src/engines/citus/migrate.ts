/** Brings the schema `orrery` of a Citus cluster up to date. Runs on the Citus coordinator node. */
import { OrreryError } from "../../errors.ts";
import type { AdminQuery } from "../../shards/pg/admin-session.ts";
import type { CollectionSpec } from "../engine.ts";
import { readMigrations } from "../read-migrations.ts";
import { createCollection } from "./collections.ts";
import { noteUnnormalized } from "./half-indexes.ts";
import { lacksFirstCollection } from "./sql/collections.ts";
import {
  createIdentity,
  lockSchema,
  readPrerequisites,
  readSchemaVersion,
  setSchemaVersion,
} from "./sql/schema-version.ts";
import { addMissingViews } from "./views.ts";

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
  const query = explaining(ask, "grant what docs/deployment.md shows, or SECURITY.md lists");
  await lockSchema(query);
  await checkDatabase(ask, query);
  const migrations = readMigrations("citus");
  const present = await readSchemaVersion(query);
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
      await createIdentity(query);
    } else {
      await setSchemaVersion(query, version);
    }
    await query("COMMIT");
  }
  // With the schema complete, so that it is as every new collection.
  if (await lacksFirstCollection(query)) {
    await query("BEGIN");
    await createCollection(query, defaultCollection, { table: DEFAULT_TABLE });
    await query("COMMIT");
  }
  await addMissingViews(query);
  await noteUnnormalized(query);
  return missing.map(({ version }) => version);
}

async function checkDatabase(ask: AdminQuery, query: AdminQuery): Promise<void> {
  const { encoding, citus, pgvector, pgvectorAvailable } = await readPrerequisites(query);
  if (encoding !== "UTF8") {
    throw new OrreryError("CONFIG_INVALID", `the database has encoding ${encoding}; it must be UTF8`);
  }
  if (!citus) {
    throw new OrreryError(
      "CONFIG_INVALID",
      "the database has no extension citus: run CREATE EXTENSION citus on every node",
    );
  }
  if (!pgvectorAvailable) {
    throw new OrreryError(
      "CONFIG_INVALID",
      "the server has no extension vector: install pgvector on every node",
    );
  }
  if (pgvector) return;
  // Even IF NOT EXISTS is for the owner of the extension alone, a superuser.
  const create = explaining(
    ask,
    "as a superuser, CREATE EXTENSION vector on the Citus coordinator node, which carries it to the others",
  );
  await create("CREATE EXTENSION vector");
}

/** The usual advice about a right that lacks, to run `orrery migrate`, is no help here. */
function explaining(ask: AdminQuery, remedy: string): AdminQuery {
  return (text, values) =>
    ask(text, values).catch((error: unknown) => {
      const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
      if (code !== INSUFFICIENT_PRIVILEGE) throw error;
      throw new OrreryError(
        "CONFIG_INVALID",
        `the role of citus.adminUrl may not do that (${message}): ${remedy}`,
        { cause: error },
      );
    });
}
