/** How statements that may take hours are run. */
import type { GroupId } from "../../topology/shard-map.ts";
import type { FixedNodes } from "./nodes.ts";

/** How they are run where other coordinators use the same nodes. */
export interface LongBuilds {
  /**
   * On a connection of its own, without a time limit. `session`: what it is named, for a statement that goes
   * on when its caller is gone.
   */
  run(group: GroupId, text: string, signal: AbortSignal, session?: string): Promise<void>;
  /** Whether a statement runs on a session of this name, whoever began it. */
  isUnderWay(session: string, signal: AbortSignal): Promise<boolean>;
  /** Cancels it, where that is possible; `terminate`: ends the session. */
  cancel(
    options: { readonly session: string; readonly terminate?: boolean | undefined },
    signal: AbortSignal,
  ): Promise<void>;
  /** Runs `work` while no other caller of any process does. */
  alone<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
  /** Until every coordinator has heard from the catalogs which index to use. */
  readonly spreadMs: number;
}

/** For nodes that belong to this process alone, whose statements end with it and cannot be cancelled. */
export function createOwnBuilds(nodes: FixedNodes): LongBuilds {
  const running = new Set<string>();
  return {
    async run(group, text, signal, session) {
      if (session !== undefined) running.add(session);
      try {
        await nodes.queryOn(group, signal)(text);
      } finally {
        if (session !== undefined) running.delete(session);
      }
    },
    isUnderWay: async (session) => running.has(session),
    async cancel() {},
    alone: (_, work) => work(),
    spreadMs: 0,
  };
}
