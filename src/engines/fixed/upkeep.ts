/**
 * What autovacuum does on a PostgreSQL server and nobody does in PGlite: collect statistics, and free the
 * space of deleted and replaced rows, for tables that changed enough. One statement per table, so searches
 * run in between.
 */
import type { Logger } from "../../lib/logger.ts";
import { qualified } from "./collections.ts";
import { type FixedNode, queryOn } from "./nodes.ts";

export interface UpkeepOptions {
  readonly nodes: readonly FixedNode[];
  readonly intervalMs: number;
  readonly logger: Logger;
}

/** The thresholds are autovacuum's defaults. */
const DUE = `SELECT relname, n_dead_tup > 50 + 0.2 * n_live_tup
FROM pg_stat_user_tables
WHERE schemaname = 'orrery_data'
  AND (n_mod_since_analyze > 50 + 0.1 * n_live_tup OR n_dead_tup > 50 + 0.2 * n_live_tup)`;

/** Looks every `intervalMs` until closed. A node that fails is looked at again the next time. */
export function startUpkeep({ nodes, intervalMs, logger }: UpkeepOptions): { close(): Promise<void> } {
  const closing = new AbortController();
  let pass = Promise.resolve();
  const timer = setInterval(() => {
    pass = pass.then(() => lookAtAll());
  }, intervalMs);
  timer.unref();

  const lookAtAll = async () => {
    const looks = nodes.map((node) =>
      look(node, closing.signal).catch((error: unknown) => {
        if (!closing.signal.aborted) logger.warn({ node: node.name, error: String(error) }, "upkeep failed");
      }),
    );
    await Promise.all(looks);
  };

  return {
    async close() {
      clearInterval(timer);
      closing.abort(new Error("closing"));
      await pass;
    },
  };
}

async function look(node: FixedNode, signal: AbortSignal): Promise<void> {
  const query = queryOn(node, signal);
  for (const [table, hasDeadRows] of await query(DUE)) {
    await query(`${hasDeadRows === true ? "VACUUM (ANALYZE)" : "ANALYZE"} ${qualified(String(table))}`);
  }
}
