/** Whether shards may be placed on a node, in the catalogs of the Citus coordinator node. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import { addressOf, runFenced } from "./fenced.ts";

export async function setMayHoldShards(
  query: AdminQuery,
  node: string,
  { may, term }: { readonly may: boolean; readonly term: number },
): Promise<void> {
  const { host, port } = addressOf(node);
  await runFenced(query, term, {
    text: "SELECT citus_set_node_property($2, $3::int, 'shouldhaveshards', $4) FROM orrery.leadership WHERE term = $1",
    values: [host, port, may],
  });
}
