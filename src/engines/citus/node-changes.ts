/** Steps of adding and removing nodes that take several statements; each may be repeated. */
import { quoteIdentifier } from "../../lib/quote-identifier.ts";
import type { AdminQuery } from "../../shards/pg/admin-session.ts";
import { addPrimary, addStandby } from "./sql/add-node.ts";
import { readNodes } from "./sql/node-list.ts";
import { disableNode, forgetLeftovers, removeFromCatalogs } from "./sql/remove-node.ts";
import { changesOfRights, ON_THIS_NODE_ONLY, type Right, readRights } from "./sql/rights.ts";
import { runAt } from "./sql/run-at.ts";

/** As PlacementChanges.addNode. */
export async function addNode(
  query: AdminQuery,
  node: string,
  { term, standbyOf }: { readonly term: number; readonly standbyOf?: string },
): Promise<void> {
  if (standbyOf === undefined) return addPrimary(query, node, term);
  if ((await readNodes(query)).some(({ name }) => name === node)) return;
  await addStandby(query, node, { term, standbyOf });
}

/** As PlacementChanges.removeNode. */
export async function removeNode(
  query: AdminQuery,
  node: string,
  { term, unreachable }: { readonly term: number; readonly unreachable: boolean },
): Promise<void> {
  const known = (await readNodes(query)).find(({ name }) => name === node);
  if (known !== undefined) {
    // Citus notifies a primary that it is removed, unless it is out of use.
    if (unreachable && known.role === "primary" && known.active) await disableNode(query, node, term);
    await removeFromCatalogs(query, node, term);
  }
  await forgetLeftovers(query, term);
}

/** As PlacementChanges.setWritable. */
export async function setWritable(
  query: AdminQuery,
  node: string,
  { writable, term }: { readonly writable: boolean; readonly term: number },
): Promise<void> {
  if (!writable) {
    await runAt(query, node, "SELECT orrery.refuse_writes()", term);
    return;
  }
  const [row] = await query("SELECT current_database() AS name");
  const database = quoteIdentifier(String(row?.name));
  await runAt(
    query,
    node,
    `START TRANSACTION READ WRITE; ${ON_THIS_NODE_ONLY}; ALTER DATABASE ${database} RESET default_transaction_read_only; COMMIT`,
    term,
  );
}

/** As PlacementChanges.endSessions. */
export async function endSessions(query: AdminQuery, node: string, term: number): Promise<number> {
  return Number(await runAt(query, node, "SELECT orrery.end_sessions()", term));
}

/** `present`: what the node has now. */
export async function setRights(
  query: AdminQuery,
  node: string,
  { present, term }: { readonly present: readonly Right[]; readonly term: number },
): Promise<void> {
  const changes = changesOfRights(present, await readRights(query));
  if (changes.length === 0) return;
  await runAt(query, node, ["START TRANSACTION", ON_THIS_NODE_ONLY, ...changes, "COMMIT"].join("; "), term);
}
