/** Ends distributed commits that got stuck between their two phases. */
import type { Logger } from "../../lib/logger.ts";
import { type AdminOptions, withAdminSession } from "../../shards/pg/admin-session.ts";
import type { Catalog } from "../../topology/shard-map.ts";

/**
 * Asks every primary, because only the node that began a commit knows how it was decided. One that fails is
 * logged.
 */
export async function recoverCommits(
  catalog: Catalog,
  { adminOf, logger }: { readonly adminOf: (node: string) => AdminOptions; readonly logger: Logger },
  signal: AbortSignal,
): Promise<void> {
  for (const { name, role } of catalog.nodes) {
    if (role !== "primary") continue;
    try {
      await withAdminSession(adminOf(name), signal, (query) =>
        query("SELECT recover_prepared_transactions()"),
      );
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      logger.warn({ node: name, error: message }, "could not recover prepared transactions");
    }
  }
}
