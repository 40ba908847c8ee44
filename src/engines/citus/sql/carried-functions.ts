/** Functions of Orrery's schema that Citus carries from its coordinator node to every other node. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import { addressOf } from "./fenced.ts";

const CARRIED = `SELECT objid::regprocedure::text AS function FROM pg_dist_object
WHERE classid = 'pg_proc'::regclass AND objid IN (SELECT oid FROM pg_proc WHERE pronamespace = 'orrery'::regnamespace)`;

const LACKING = "SELECT f AS function FROM unnest($1::text[]) f WHERE to_regprocedure(f) IS NULL";

/** On the Citus coordinator node: those that every node has to have, as PostgreSQL prints them. */
export async function readCarriedFunctions(query: AdminQuery): Promise<readonly string[]> {
  return (await query(CARRIED)).map((row) => String(row.function));
}

/** On a node: those of `functions` that it does not have. */
export async function findLackingFunctions(
  query: AdminQuery,
  functions: readonly string[],
): Promise<readonly string[]> {
  return (await query(LACKING, [functions])).map((row) => String(row.function));
}

/** On the Citus coordinator node: has Citus send a node its catalogs again, with all functions. */
export async function sendMetadata(query: AdminQuery, node: string): Promise<void> {
  const { host, port } = addressOf(node);
  await query("SELECT start_metadata_sync_to_node($1, $2::int)", [host, port]);
}
