/** Builds on servers that other coordinators use meanwhile. */
import { type AdminOptions, withAdminSession } from "../../shards/pg/admin-session.ts";
import type { GroupId } from "../../topology/shard-map.ts";
import { SPREAD_MS } from "../half-indexes.ts";
import { waitForLock } from "../wait-for-lock.ts";
import type { LongBuilds } from "./half-indexes.ts";
import { CATALOG_GROUP } from "./nodes.ts";

/** Arbitrary, and Orrery's own. */
const BUILD_LOCK = 7238461593;

/**
 * `adminOf` finds the server of a node group. A lock on the one with the catalogs keeps others from building.
 */
export function createServerBuilds(
  adminOf: (group: GroupId, signal: AbortSignal) => Promise<AdminOptions>,
): LongBuilds {
  return {
    spreadMs: SPREAD_MS,
    run: async (group, text, signal) =>
      withAdminSession(await adminOf(group, signal), signal, async (query) => {
        await query("SET statement_timeout TO 0");
        await query(text);
      }),
    alone: async (signal, work) =>
      withAdminSession(await adminOf(CATALOG_GROUP, signal), signal, async (query) => {
        await waitForLock(query, BUILD_LOCK, signal);
        return work();
      }),
  };
}
