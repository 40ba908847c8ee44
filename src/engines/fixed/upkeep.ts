/**
 * What autovacuum does on a PostgreSQL server and PGlite lacks: collects statistics and frees the space of
 * deleted and replaced rows, for tables that changed enough. One statement per table, so searches run in
 * between.
 */
import type { Logger } from "../../lib/logger.ts";
import { qualified } from "./collections.ts";
import { type FixedNode, queryOn } from "./nodes.ts";
import { findDueTables } from "./sql/due-tables.ts";

export interface UpkeepOptions {
  readonly nodes: readonly FixedNode[];
  readonly intervalMs: number;
  readonly logger: Logger;
}

/** A pass over all nodes every `intervalMs` until closed. A node that fails is left to the next pass. */
export function startUpkeep({ nodes, intervalMs, logger }: UpkeepOptions): { close(): Promise<void> } {
  const closing = new AbortController();
  let pass = Promise.resolve();
  const timer = setInterval(() => {
    pass = pass.then(() => maintainAll());
  }, intervalMs);
  timer.unref();

  const maintainAll = async () => {
    const passes = nodes.map((node) =>
      maintain(node, closing.signal).catch((error: unknown) => {
        if (!closing.signal.aborted) logger.warn({ node: node.name, error: String(error) }, "upkeep failed");
      }),
    );
    await Promise.all(passes);
  };

  return {
    async close() {
      clearInterval(timer);
      closing.abort(new Error("closing"));
      await pass;
    },
  };
}

async function maintain(node: FixedNode, signal: AbortSignal): Promise<void> {
  const query = queryOn(node, signal);
  for (const { table, hasDeadRows } of await findDueTables(query)) {
    await query(`${hasDeadRows ? "VACUUM (ANALYZE)" : "ANALYZE"} ${qualified(table)}`);
  }
}
