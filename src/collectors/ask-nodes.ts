/** Asks nodes side by side, so that one that hangs holds up none. */
import { isOrreryError, OrreryError } from "../errors.ts";
import { raceAbort } from "../lib/race-abort.ts";
import { withTimeLimit } from "../lib/time-limit.ts";
import type { Row, Statement } from "../shards/statement.ts";
import type { Node } from "../topology/shard-map.ts";
import type { MonitoredNodes } from "./types.ts";

/** One look of a collector. */
export interface Look {
  /** Aborts at the end of the budget. */
  readonly signal: AbortSignal;
  /** How long one node may take. */
  readonly nodeTimeoutMs: number;
  /** To be told what went wrong in a part of it. */
  readonly failed: (error: OrreryError) => void;
  /** To be told that a node is asked something; returns what to call when it has answered. */
  readonly asked: (node: string) => () => void;
}

/** What each node answered; nodes that did not are told to `look.failed` and absent. */
export async function askNodes<T>(
  nodes: MonitoredNodes,
  questions: readonly { readonly node: Node; readonly statement: Statement }[],
  decode: (rows: readonly Row[], node: Node) => T,
  look: Look,
): Promise<ReadonlyMap<Node, T>> {
  const answers = await Promise.all(
    questions.map(async ({ node, statement }) => {
      const answered = look.asked(node.name);
      const limit = withTimeLimit(
        look.signal,
        look.nodeTimeoutMs,
        () =>
          new OrreryError(
            "DEADLINE_EXCEEDED",
            `node ${node.name} did not answer in ${look.nodeTimeoutMs} ms`,
          ),
      );
      try {
        const rows = await raceAbort(nodes.ask(node, statement, limit.signal), limit.signal);
        const answer = decode(rows, node);
        answered();
        return [[node, answer] as const];
      } catch (error) {
        look.signal.throwIfAborted();
        if (!isOrreryError(error)) throw error;
        look.failed(error);
        return [];
      } finally {
        limit.clear();
      }
    }),
  );
  return new Map(answers.flat());
}
