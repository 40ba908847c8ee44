/**
 * Measures single shards of searches that ask many. A statement over all shards of a node has one time for
 * all of them, so now and then one of its shards is asked again, alone, after the search has its rows: on
 * connections that no request uses, one at a time, and for nothing when it fails.
 */
import { OrreryError } from "../errors.ts";
import { withTimeLimit } from "../lib/time-limit.ts";
import type { NodeRunner } from "../shards/node-driver.ts";
import type { Statement } from "../shards/statement.ts";
import type { TargetPlan } from "./plan/target-plan.ts";
import type { QueryObserver } from "./query-observer.ts";

export interface ShardSampler {
  /** Perhaps asks one of the targets, which were asked in one statement, alone. Returns at once. */
  offer<P extends TargetPlan>(plans: readonly P[], statement: (plans: readonly P[]) => Statement): void;
  close(): Promise<void>;
}

export interface ShardSamplerOptions {
  /** Connections apart from those of requests. */
  readonly nodes: NodeRunner;
  /** Whether this one is to be measured. */
  readonly isDue: () => boolean;
  readonly observer: Pick<QueryObserver, "shardSampled">;
  /** 0 to 1. */
  readonly random: () => number;
}

/** A shard that takes longer is slow enough to show in every search. */
const LIMIT_MS = 2_000;

export function createShardSampler({ nodes, isDue, observer, random }: ShardSamplerOptions): ShardSampler {
  const closing = new AbortController();
  let underWay: Promise<void> | undefined;

  const measure = async ({ target, strategy }: TargetPlan, statement: Statement) => {
    const limit = withTimeLimit(
      closing.signal,
      LIMIT_MS,
      () => new OrreryError("DEADLINE_EXCEEDED", `not measured within ${LIMIT_MS} ms`),
    );
    const startedMs = performance.now();
    try {
      const { waitedMs, error } = await nodes.runOn(target.group, statement, { signal: limit.signal });
      if (error !== undefined) return;
      const elapsedMs = performance.now() - startedMs - waitedMs;
      observer.shardSampled({ shardId: target.shardId, strategy, elapsedMs });
    } finally {
      limit.clear();
    }
  };

  return {
    offer(plans, statement) {
      if (plans.length < 2 || underWay !== undefined || closing.signal.aborted || !isDue()) return;
      const plan = plans[Math.floor(random() * plans.length)];
      if (plan === undefined) return;
      underWay = measure(plan, statement([plan])).finally(() => {
        underWay = undefined;
      });
    },
    async close() {
      closing.abort(new OrreryError("CANCELLED", "shutting down"));
      await underWay;
    },
  };
}

/** For a coordinator that measures nothing. */
export const NO_SAMPLER: ShardSampler = { offer() {}, close: async () => {} };
