/** What happened while reads ran, for metrics, logs and load reports. */
import type { OrreryError } from "../errors.ts";
import type { GroupId, ShardId } from "../topology/shard-map.ts";
import type { TargetPlan } from "./plan/target-plan.ts";
import type { QueryType, RequestContext, SearchRequest, SearchResult } from "./types.ts";

/**
 * Why the fence refused a read: a placement change is committing, the shard is on another node, or it is
 * gone.
 */
export type FenceReason = "committing" | "moved" | "gone";

/** See plan/rounds.ts. */
export type SecondRoundReason = "short" | "far" | "undersampled";

export interface StatementRun {
  readonly group: GroupId;
  /** What the statement asked; one or more. */
  readonly plans: readonly TargetPlan[];
  readonly elapsedMs: number;
  /** Of that, waiting for a connection. */
  readonly waitedMs: number;
  readonly error: OrreryError | undefined;
}

export interface SampledShard {
  readonly shardId: ShardId;
  readonly strategy: QueryType;
  /** Without waiting for a connection. */
  readonly elapsedMs: number;
}

export interface FinishedSearch {
  readonly request: SearchRequest;
  readonly context: RequestContext;
  /** The result, or what was thrown. */
  readonly outcome: SearchResult | { readonly error: unknown };
  readonly elapsedMs: number;
}

/** Is called on the path of a request: it must be quick, and must not throw. */
export interface QueryObserver {
  statementRun(run: StatementRun): void;
  fenced(refusal: { readonly group: GroupId; readonly reason: FenceReason }): void;
  rerouted(refusal: { readonly group: GroupId; readonly code: string }): void;
  /** A search begins a second round, for some of its targets. */
  secondRound(reason: SecondRoundReason): void;
  /** A search reads the payload of some of its hits by key. */
  payloadRead(read: { readonly hits: number }): void;
  /** One shard of a search of several was asked alone, to measure it. */
  shardSampled(sample: SampledShard): void;
  searchFinished(search: FinishedSearch): void;
}

/** Notifies each observer in turn of the events that it has a method for. */
export function combineObservers(observers: readonly Partial<QueryObserver>[]): QueryObserver {
  const notifyAll = <E extends keyof QueryObserver>(event: E) => {
    type Info = Parameters<QueryObserver[E]>[0];
    const listeners = observers.flatMap(
      (observer) => (observer[event]?.bind(observer) ?? []) as ((info: Info) => void) | [],
    );
    return (info: Info) => {
      for (const listener of listeners) listener(info);
    };
  };
  return {
    statementRun: notifyAll("statementRun"),
    fenced: notifyAll("fenced"),
    rerouted: notifyAll("rerouted"),
    secondRound: notifyAll("secondRound"),
    payloadRead: notifyAll("payloadRead"),
    shardSampled: notifyAll("shardSampled"),
    searchFinished: notifyAll("searchFinished"),
  };
}
