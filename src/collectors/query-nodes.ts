/** Queries nodes in parallel, so that one that hangs delays no other. */
import { isOrreryError, OrreryError } from "../errors.ts";
import { raceAbort } from "../lib/race-abort.ts";
import { withTimeLimit } from "../lib/time-limit.ts";
import type { Row, Statement } from "../shards/statement.ts";
import type { Node } from "../topology/shard-map.ts";
import type { SampleContext } from "./sample.ts";
import type { MonitoredNodes } from "./types.ts";

export interface NodeQuery {
  readonly node: Node;
  readonly statement: Statement;
}

/** What each node answered. Nodes that failed are reported through `context.failed` and absent. */
export async function queryNodes<T>(
  nodes: MonitoredNodes,
  queries: readonly NodeQuery[],
  decode: (rows: readonly Row[], node: Node) => T,
  context: SampleContext,
): Promise<ReadonlyMap<Node, T>> {
  const { signal, nodeTimeoutMs, failed, trackQuery } = context;
  const answers = await Promise.all(
    queries.map(async ({ node, statement }) => {
      const answered = trackQuery(node.name);
      const limit = withTimeLimit(
        signal,
        nodeTimeoutMs,
        () => new OrreryError("DEADLINE_EXCEEDED", `node ${node.name} did not answer in ${nodeTimeoutMs} ms`),
      );
      try {
        const rows = await raceAbort(nodes.run(node, statement, limit.signal), limit.signal);
        const answer = decode(rows, node);
        answered();
        return [[node, answer] as const];
      } catch (error) {
        signal.throwIfAborted();
        if (!isOrreryError(error)) throw error;
        failed(error);
        return [];
      } finally {
        limit.clear();
      }
    }),
  );
  return new Map(answers.flat());
}
