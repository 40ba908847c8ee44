/** Builds on servers that other coordinators use meanwhile. */
import { type AdminOptions, withAdminSession } from "../../shards/pg/admin-session.ts";
import type { GroupId } from "../../topology/shard-map.ts";
import { SPREAD_MS } from "../half-indexes.ts";
import { BUILD_LOCK, waitForLock } from "../wait-for-lock.ts";
import type { LongBuilds } from "./long-builds.ts";
import { CATALOG_GROUP, type FixedNodes, queryOn } from "./nodes.ts";

/** A coordinator that freezes loses its session, and with it the lock. */
const IDLE_LIMIT = "15s";
const KEEP_ALIVE_MS = 4_000;

/** A session that is idle has ended its statement and only waits for its client to notice. */
const NAMED = "FROM pg_stat_activity WHERE application_name = $1 AND state <> 'idle'";

/**
 * `adminOf` finds the server of a node group. A lock on the one with the catalogs keeps others from building.
 */
export function createServerBuilds(
  nodes: FixedNodes,
  adminOf: (group: GroupId, signal: AbortSignal) => Promise<AdminOptions>,
): LongBuilds {
  /** On every node that answers, since a name does not say where its statement runs. */
  const onAll = async (text: string, session: string, signal: AbortSignal) => {
    const answers = await Promise.allSettled(nodes.all.map((node) => queryOn(node, signal)(text, [session])));
    signal.throwIfAborted();
    return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  };
  return {
    spreadMs: SPREAD_MS,
    run: async (group, text, signal, session) => {
      const admin = await adminOf(group, signal);
      const named = session === undefined ? admin : { ...admin, applicationName: session };
      await withAdminSession(named, signal, async (query) => {
        await query("SET statement_timeout TO 0");
        // It goes on without its client.
        if (session !== undefined) await query("SET client_connection_check_interval TO 0");
        await query(text);
      });
    },
    isUnderWay: async (session, signal) => (await onAll(`SELECT pid ${NAMED}`, session, signal)).length > 0,
    async cancel({ session, terminate = false }, signal) {
      const how = terminate ? "pg_terminate_backend" : "pg_cancel_backend";
      await onAll(`SELECT ${how}(pid) ${NAMED}`, session, signal);
    },
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
