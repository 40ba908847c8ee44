/** Citus hides shards from catalog queries unless a session asks for them. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";

/** From here on queries of the session on pg_class and the like find shards. */
export async function showShards(query: AdminQuery): Promise<void> {
  await query("SET citus.override_table_visibility TO off");
}
