/** Builds on servers that other coordinators use meanwhile. */
import { type AdminOptions, withAdminSession } from "../../shards/pg/admin-session.ts";
import type { GroupId } from "../../topology/shard-map.ts";
import { SPREAD_MS } from "../half-indexes.ts";
import { BUILD_LOCK, waitForLock } from "../wait-for-lock.ts";
import type { LongBuilds } from "./half-indexes.ts";
import { CATALOG_GROUP } from "./nodes.ts";

/** A coordinator that freezes loses its session, and with it the lock. */
const IDLE_LIMIT = "15s";
const KEEP_ALIVE_MS = 4_000;

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
        await query("SELECT set_config('idle_session_timeout', $1, false)", [IDLE_LIMIT]);
        const keepAlive = setInterval(() => void query("SELECT 1").catch(() => {}), KEEP_ALIVE_MS);
        try {
          return await work();
        } finally {
          clearInterval(keepAlive);
        }
      }),
  };
}
