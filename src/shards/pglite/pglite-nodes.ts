/** The embedded nodes of one process, one thread each. */
import { join } from "node:path";
import type { AdmissionLimits } from "../class-of-work.ts";
import type { PooledDriver } from "../node-pools.ts";
import { startPgliteNode } from "./pglite-driver.ts";

export interface PgliteNodesOptions {
  readonly count: number;
  /** Folder with a folder per node. Undefined: in memory. */
  readonly dataFolder: string | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly limits: AdmissionLimits;
}

export interface PgliteNode {
  /** `node-1` and so on, also the name of its folder. */
  readonly name: string;
  readonly driver: PooledDriver;
}

/** Starts all of them in parallel. When one fails to start, the others are closed and its error is thrown. */
export async function startPgliteNodes(options: PgliteNodesOptions): Promise<readonly PgliteNode[]> {
  const { count, dataFolder, settings, limits } = options;
  const started = await Promise.allSettled(
    Array.from({ length: count }, async (_, index): Promise<PgliteNode> => {
      const name = `node-${index + 1}`;
      const folder = dataFolder === undefined ? undefined : join(dataFolder, name);
      return { name, driver: await startPgliteNode({ node: name, dataFolder: folder, settings, limits }) };
    }),
  );
  const nodes = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failed = started.find((result) => result.status === "rejected");
  if (failed === undefined) return nodes;
  await Promise.all(nodes.map(({ driver }) => driver.close()));
  throw failed.reason;
}
