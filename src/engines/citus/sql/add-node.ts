/** Registers a node in the catalogs of the Citus coordinator node. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import { addressOf, runFenced } from "./fenced.ts";

/** As the primary of a new group. Nothing happens to one that is registered. */
export async function addPrimary(query: AdminQuery, node: string, term: number): Promise<void> {
  const { host, port } = addressOf(node);
  await runFenced(query, term, {
    text: "SELECT citus_add_node($2, $3::int) FROM orrery.leadership WHERE term = $1",
    values: [host, port],
  });
}

/** As a standby of `standbyOf`. Fails for one that is registered. */
export async function addStandby(
  query: AdminQuery,
  node: string,
  { term, standbyOf }: { readonly term: number; readonly standbyOf: string },
): Promise<void> {
  const { host, port } = addressOf(node);
  const primary = addressOf(standbyOf);
  await runFenced(query, term, {
    text: "SELECT citus_add_secondary_node($2, $3::int, $4, $5::int) FROM orrery.leadership WHERE term = $1",
    values: [host, port, primary.host, primary.port],
  });
}
