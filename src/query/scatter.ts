/**
 * Asks every target, in parallel by node, and follows shards that moved.
 *
 *   ask -> answered                                              -> rows
 *       -> refused, owner named          -> that node            -> ask
 *       -> refused, change committing    -> wait                 -> ask
 *       -> refused again, shard gone, or
 *          owner not in the map          -> the node's own map   -> ask all shards that cover the range
 *       -> a lock is not to be had       -> wait                 -> ask
 *       -> node does not answer          -> the newest map       -> ask, twice at most
 *       -> anything else, or out of time                         -> error, at this target only
 *
 * The first hop to a named owner is immediate; other retries wait, doubling from 2 to 100 ms, less jitter. A
 * target that fails is an outcome, not an exception: the caller decides what an incomplete answer is worth.
 */
import { OrreryError } from "../errors.ts";
import { pause } from "../lib/pause.ts";
import type { Trace } from "../lib/trace.ts";
import type { NodeRunner } from "../shards/node-driver.ts";
import type { Row } from "../shards/statement.ts";
import { CollectionReplaced } from "../topology/collection-lookup.ts";
import type { CurrentMap } from "../topology/current-map.ts";
import { flowOf } from "../topology/ring.ts";
import { type Collection, findCollection, primaryOf } from "../topology/shard-map.ts";
import { chunk, groupByNode } from "./node-batches.ts";
import { reroute } from "./plan/target.ts";
import type { Outcome, Round, TargetPlan } from "./plan/target-plan.ts";
import type { QueryObserver } from "./query-observer.ts";
import type { Read } from "./read.ts";
import type { ShardSampler } from "./shard-sampler.ts";
import type { RequestContext } from "./types.ts";

export interface ScatterDeps {
  readonly topology: CurrentMap;
  readonly nodes: NodeRunner;
  readonly observer: QueryObserver;
  readonly branchesPerStatement: number;
  readonly sampler: ShardSampler;
  /** 0 to 1. */
  readonly random: () => number;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
}

export interface ScatterRequest<P extends TargetPlan, T> {
  readonly collection: Collection;
  readonly round: Round<P>;
  readonly read: Read<P, T>;
}

/** One of the attempts to get an answer. */
interface Attempt {
  /** From 1. */
  readonly number: number;
  /** How many before it only found something in the way that passes: a lock, a change that was committing. */
  readonly waits: number;
  /** What that was, where it was the attempt before. */
  readonly obstacle: OrreryError | undefined;
}

const FIRST: Attempt = { number: 1, waits: 0, obstacle: undefined };
const MAX_NODE_ATTEMPTS = 3;
const FIRST_WAIT_MS = 2;
const LONGEST_WAIT_MS = 100;

/** Throws CollectionReplaced when a newer map has another collection under the name; nothing else. */
export function scatter<P extends TargetPlan, T extends { readonly branch: number }>(
  request: ScatterRequest<P, T>,
  deps: ScatterDeps,
  context: RequestContext,
): Promise<readonly Outcome<P, T>[]> {
  return new Scatter(request, deps, context).ask(request.round.plans, FIRST);
}

/** As `scatter`, for targets that are all on one node. */
export function scatterOnNode<P extends TargetPlan, T extends { readonly branch: number }>(
  request: ScatterRequest<P, T>,
  deps: ScatterDeps,
  context: RequestContext,
): Promise<readonly Outcome<P, T>[]> {
  return new Scatter(request, deps, context).askOnNode(request.round.plans);
}

class Scatter<P extends TargetPlan, T extends { readonly branch: number }> {
  readonly #request: ScatterRequest<P, T>;
  readonly #deps: ScatterDeps;
  readonly #context: RequestContext;
  readonly #startedMs: number;

  constructor(request: ScatterRequest<P, T>, deps: ScatterDeps, context: RequestContext) {
    this.#request = request;
    this.#deps = deps;
    this.#context = context;
    this.#startedMs = deps.monotonicMs();
  }

  ask(plans: readonly P[], attempt: Attempt): Promise<readonly Outcome<P, T>[]> {
    if (plans.length === 1) return this.#askBatch(plans, attempt);
    const size = this.#deps.branchesPerStatement;
    const batches = groupByNode(plans).flatMap((sameNode) => chunk(sameNode, size));
    return this.#askBatches(batches, attempt);
  }

  /** The first attempt, for plans that are grouped already. */
  askOnNode(plans: readonly P[]): Promise<readonly Outcome<P, T>[]> {
    if (plans.length === 1) return this.#askBatch(plans, FIRST);
    return this.#askBatches(chunk(plans, this.#deps.branchesPerStatement), FIRST);
  }

  async #askBatches(batches: readonly (readonly P[])[], attempt: Attempt): Promise<readonly Outcome<P, T>[]> {
    const [only] = batches;
    if (batches.length === 1 && only !== undefined) return this.#askBatch(only, attempt);
    return (await Promise.all(batches.map((batch) => this.#askBatch(batch, attempt)))).flat();
  }

  /** One statement, for targets on one node. */
  async #askBatch(batch: readonly P[], attempt: Attempt): Promise<readonly Outcome<P, T>[]> {
    const { nodes, observer, sampler, monotonicMs } = this.#deps;
    const { signal, memory } = this.#context;
    const {
      collection,
      read: { statement },
    } = this.#request;
    const { group, shardId, shardKeys } = (batch[0] as P).target;
    const startedMs = monotonicMs();
    const spans = traceShards(batch, this.#context, attempt.number);
    const { rows, waitedMs, error } = await nodes.runOn(group, statement(batch), {
      signal,
      memory,
      // A request for several namespaces is one caller's, so one of them stands for it.
      flow: flowOf(collection, shardKeys === "all" ? undefined : shardKeys[0]),
      shard: batch.length === 1 ? shardId : undefined,
    });
    observer.statementRun({ group, plans: batch, elapsedMs: monotonicMs() - startedMs, waitedMs, error });
    if (spans !== undefined) for (const span of spans) span.end(error?.code);
    if (error === undefined) {
      sampler.offer(batch, statement);
      return this.#outcomes(batch, rows, attempt, waitedMs);
    }
    if (error.retry === "reroute") return this.#follow(batch, error, attempt);
    if (error.code === "LOCK_TIMEOUT") return this.#askAgain(batch, error, attempt);
    if (error.retry === "next-node" && triesOf(attempt) < MAX_NODE_ATTEMPTS)
      return this.#retryByNewestMap(batch, error, attempt);
    // The deadline expired while waiting for a change or a lock: report that, not the deadline.
    const isLate = error.code === "DEADLINE_EXCEEDED";
    return this.#failed(batch, isLate ? (attempt.obstacle ?? error) : error, attempt);
  }

  /** What was in the way passes; others use the connection meanwhile. */
  async #askAgain(
    batch: readonly P[],
    obstacle: OrreryError,
    attempt: Attempt,
  ): Promise<readonly Outcome<P, T>[]> {
    const waits = attempt.waits + 1;
    await this.#backOff(waits);
    if (this.#context.signal.aborted) return this.#failed(batch, obstacle, attempt);
    return this.ask(batch, { number: attempt.number + 1, waits, obstacle });
  }

  /** The node that was asked does not have a shard, or cannot say yet whether it has. */
  async #follow(
    batch: readonly P[],
    error: OrreryError,
    attempt: Attempt,
  ): Promise<readonly Outcome<P, T>[]> {
    const { metadata = {} } = error.details;
    const { group } = (batch[0] as P).target;
    const isCommitting = metadata.committing !== undefined;
    const reason = isCommitting ? "committing" : metadata.owner === undefined ? "gone" : "moved";
    this.#deps.observer.fenced({ group, reason });
    if (!isCommitting) this.#deps.observer.rerouted({ group, code: error.code });
    if (isCommitting) return this.#askAgain(batch, error, attempt);
    const tries = triesOf(attempt);
    if (tries > 1) await this.#backOff(tries);
    if (this.#context.signal.aborted) return this.#failed(batch, error, attempt);
    const owner = Number(metadata.owner);
    // The refusal names the owner of one shard. On a second refusal, or when the map does not know the owner
    // (a node that joined later), read the map of that node instead: many shards may have moved.
    if (tries === 1 && primaryOf(this.#deps.topology.current(), owner) !== undefined) {
      const moved = batch.map((plan) =>
        String(plan.target.shardId) === metadata.shard
          ? { ...plan, target: { ...plan.target, group: owner } }
          : plan,
      );
      return this.ask(moved, nextAfter(attempt));
    }
    return this.ask(await this.#replannedByCatalogsOf(batch, group), nextAfter(attempt));
  }

  /** The node did not answer: a newer map may have another one for the group, or it may be back soon. */
  async #retryByNewestMap(
    batch: readonly P[],
    error: OrreryError,
    attempt: Attempt,
  ): Promise<readonly Outcome<P, T>[]> {
    await this.#backOff(triesOf(attempt) + 3);
    if (this.#context.signal.aborted) return this.#failed(batch, error, attempt);
    const newest = findCollection(this.#deps.topology.current(), this.#request.collection.name);
    return this.ask(this.#replanned(batch, newest), nextAfter(attempt));
  }

  /**
   * By the catalogs of the node that refused. When they cannot be read the plans stay as they are, and the
   * next attempt shows whether they hold.
   */
  async #replannedByCatalogsOf(batch: readonly P[], from: number): Promise<readonly P[]> {
    try {
      const map = await this.#deps.topology.refresh({ signal: this.#context.signal, from });
      return this.#replanned(batch, findCollection(map, this.#request.collection.name));
    } catch (error) {
      if (error instanceof OrreryError) return batch;
      throw error;
    }
  }

  #replanned(batch: readonly P[], collection: Collection | undefined): readonly P[] {
    const { collection: asked, round } = this.#request;
    if (collection?.id !== asked.id) throw new CollectionReplaced(asked);
    return batch.flatMap(({ target }) => reroute(target, collection).map(round.replan));
  }

  /** `time`: from 1. */
  #backOff(time: number): Promise<void> {
    const longestMs = Math.min(FIRST_WAIT_MS * 2 ** Math.min(time - 1, 10), LONGEST_WAIT_MS);
    return pause(longestMs * (0.5 + 0.5 * this.#deps.random()), this.#context.signal);
  }

  #outcomes(
    batch: readonly P[],
    rows: readonly Row[],
    { number: attempts }: Attempt,
    waitedMs: number,
  ): readonly Outcome<P, T>[] {
    const elapsedMs = this.#deps.monotonicMs() - this.#startedMs;
    const decoded = decodeRows(rows, this.#request.read.decode);
    const byBranch = batch.length === 1 ? [decoded] : groupByBranch(decoded, batch.length);
    return batch.map((plan, branch) => ({
      plan,
      rows: byBranch[branch] ?? [],
      error: undefined,
      attempts,
      elapsedMs,
      waitedMs,
    }));
  }

  #failed(batch: readonly P[], error: OrreryError, { number: attempts }: Attempt): readonly Outcome<P, T>[] {
    const elapsedMs = this.#deps.monotonicMs() - this.#startedMs;
    return batch.map((plan) => ({ plan, rows: [], error, attempts, elapsedMs, waitedMs: 0 }));
  }
}

/** Attempts so far that did not only find something in the way that passes. */
function triesOf({ number, waits }: Attempt): number {
  return number - waits;
}

function nextAfter({ number, waits }: Attempt): Attempt {
  return { number: number + 1, waits, obstacle: undefined };
}

/** A part of the trace for each shard that the statement asks; undefined without a trace. */
function traceShards(
  batch: readonly TargetPlan[],
  { trace }: RequestContext,
  attempt: number,
): readonly Trace[] | undefined {
  return trace === undefined
    ? undefined
    : batch.map(({ target: { shardId, group } }) =>
        trace.child("shard", { "orrery.shard": shardId, "orrery.group": group, "orrery.attempt": attempt }),
      );
}

function decodeRows<T>(rows: readonly Row[], decode: (row: Row) => T | undefined): readonly T[] {
  const decoded: T[] = [];
  for (const row of rows) {
    const value = decode(row);
    if (value !== undefined) decoded.push(value);
  }
  return decoded;
}

/** Rows by the branch of the statement that they come from. */
function groupByBranch<T extends { readonly branch: number }>(
  rows: readonly T[],
  count: number,
): readonly T[][] {
  const byBranch = Array.from({ length: count }, (): T[] => []);
  for (const row of rows) byBranch[row.branch]?.push(row);
  return byBranch;
}
