/**
 * Compares the schema on each node with the one of the Citus coordinator node. Citus carries it there when it
 * is created and when a node is added; a node that was restored, or where something was dropped, may lack it
 * all the same. Rights on its functions Citus carries only in part.
 */
import { isOrreryError, OrreryError } from "../../errors.ts";
import type { Logger } from "../../lib/logger.ts";
import {
  type AdminOptions,
  type AdminQuery,
  withAdminSession,
  withAdminTransaction,
} from "../../shards/pg/admin-session.ts";
import { fromPgError } from "../../shards/pg-errors.ts";
import { COORDINATOR_GROUP } from "./check.ts";
import { findLackingFunctions, readCarriedFunctions, sendMetadata } from "./sql/carried-functions.ts";
import { addressOf } from "./sql/fenced.ts";
import { readNodes } from "./sql/node-list.ts";
import { changesOfRights, ON_THIS_NODE_ONLY, type Right, readRights } from "./sql/rights.ts";
import { readHelloVersion, readSchemaVersion } from "./sql/schema-version.ts";

export interface RepairOptions {
  readonly admin: AdminOptions;
  readonly adminOf: (node: string) => AdminOptions;
  readonly logger: Logger;
}

/** Citus copies reference tables to nodes that are added, and to no others. */
const REMEDY = "drain the node, remove it and add it again";

/** As Engine.repairNodes. */
export function repairNodes(options: RepairOptions, signal: AbortSignal): Promise<readonly string[]> {
  return withAdminSession(options.admin, signal, async (query) => {
    const wanted = {
      functions: await readCarriedFunctions(query),
      version: await readSchemaVersion(query),
    };
    const rights = await readRights(query);
    const repaired: string[] = [];
    for (const { name, role, active, group } of await readNodes(query)) {
      if (role !== "primary" || !active || group === COORDINATOR_GROUP) continue;
      const carried = (await lackOf(options, name, wanted, signal)) !== undefined;
      if (carried) {
        await carryTo(query, name);
        const left = await lackOf(options, name, wanted, signal);
        if (left !== undefined) throw notMigrated(name, `${left} (Citus has sent it its catalogs again)`);
      }
      const set = await repairRights(options, name, rights, signal);
      if (carried) repaired.push(`gave node ${name} what it lacked of the schema`);
      else if (set) repaired.push(`set who may run Orrery's functions and read its views on node ${name}`);
    }
    return repaired;
  });
}

interface Wanted {
  readonly functions: readonly string[];
  readonly version: number;
}

/** What the node lacks, in words; undefined when it lacks nothing or does not answer. */
async function lackOf(
  { adminOf, logger }: RepairOptions,
  name: string,
  { functions, version }: Wanted,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return await withAdminSession(adminOf(name), signal, async (query) => {
      const lacking = await findLackingFunctions(query, functions);
      if (lacking.length > 0) return `lacks ${lacking.join(", ")}`;
      const present = await readHelloVersion(query);
      if (present === version) return undefined;
      return `has an old copy of Orrery's tables, of schema version ${present} and not ${version}: ${REMEDY}`;
    });
  } catch (error) {
    signal.throwIfAborted();
    if (!isOrreryError(error)) throw error;
    if (error.code !== "NODE_UNAVAILABLE")
      return `has no good copy of Orrery's tables (${causeOf(error)}): ${REMEDY}`;
    logger.warn({ node: name, error: error.message }, "a node could not be asked what it has of the schema");
    return undefined;
  }
}

async function carryTo(query: AdminQuery, name: string): Promise<void> {
  const { host, port } = addressOf(name);
  try {
    await sendMetadata(query, name);
  } catch (error) {
    const { message } = fromPgError(error, { node: name, write: false, sent: false });
    throw notMigrated(
      name,
      `lacks something of the schema, and Citus could not send it (${message}): as a superuser, SELECT start_metadata_sync_to_node('${host}', ${port}) on the Citus coordinator node`,
    );
  }
}

/** Whether there was something to repair. A node that does not answer has been logged already. */
async function repairRights(
  { adminOf }: RepairOptions,
  name: string,
  wanted: readonly Right[],
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return await withAdminTransaction(adminOf(name), signal, async (query) => {
      const changes = changesOfRights(await readRights(query), wanted);
      if (changes.length === 0) return false;
      await query(ON_THIS_NODE_ONLY);
      for (const change of changes) await query(change);
      // For a function of another owner PostgreSQL only warns.
      const left = changesOfRights(await readRights(query), wanted);
      if (left.length === 0) return true;
      throw notMigrated(
        name,
        `lets others run Orrery's functions or read its views than the Citus coordinator node does, and Orrery's admin role may not change it: there, as their owner, ${left.join("; ")}`,
      );
    });
  } catch (error) {
    if (isOrreryError(error, "NODE_UNAVAILABLE")) return false;
    throw error;
  }
}

function causeOf({ cause, message }: OrreryError): string {
  return cause instanceof Error ? cause.message : message;
}

function notMigrated(name: string, problem: string): OrreryError {
  return new OrreryError("NODE_NOT_MIGRATED", `node ${name} ${problem}`, {
    details: { metadata: { node: name } },
  });
}
