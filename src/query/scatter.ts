/**
 * Asks every target, in parallel by node, and follows shards that moved.
 *
 *   ask -> answered                                              -> rows
 *       -> refused, owner named          -> that node            -> ask
 *       -> refused, change committing    -> wait                 -> ask
 *       -> refused again, shard gone, or
 *          owner not in the map          -> the node's own map   -> ask all shards that cover the range
 *       -> node does not answer          -> the newest map       -> ask, twice at most
 *       -> anything else, or out of time                         -> error, at this target only
 *
 * The first hop is taken at once, later ones after 2, 4, 8 ... 100 ms. One target's failure is its outcome,
 * not an exception: whoever merges decides what an incomplete answer is worth.
 */
import { OrreryError } from "../errors.ts";
import { pause } from "../lib/pause.ts";
import type { Trace } from "../lib/trace.ts";
import type { NodeRunner, RunOptions } from "../shards/node-driver.ts";
import type { Row, Statement } from "../shards/statement.ts";
import { CollectionReplaced } from "../topology/collection-lookup.ts";
import type { CurrentMap } from "../topology/current-map.ts";
import { type Collection, findCollection, primaryOf } from "../topology/shard-map.ts";
import { reroute, type Target } from "./plan/target.ts";
import type { QueryObserver, QueryType, RequestContext } from "./types.ts";

export interface ScatterDeps {
  readonly topology: CurrentMap;
  readonly nodes: NodeRunner;
  readonly observer: QueryObserver;
  readonly branchesPerStatement: number;
  /** True when the targets of one node are to be asked one by one, to measure each. */
  readonly sampleShards: () => boolean;
  /** 0 to 1. */
  readonly random: () => number;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
}

export interface ScatterRequest<T> {
  readonly collection: Collection;
  readonly targets: readonly Target[];
  /** The statement that asks these targets, all on one node, in this order. */
  readonly statement: (targets: readonly Target[]) => Statement;
  readonly decode: (row: Row) => T;
  readonly queryType: (target: Target) => QueryType;
}

export interface Outcome<T> {
  readonly target: Target;
  readonly rows: readonly T[];
  /** Why the target did not answer; `rows` is empty then. */
  readonly error: OrreryError | undefined;
  readonly attempts: number;
  readonly elapsedMs: number;
  /** Of the last attempt: waiting for a connection. */
  readonly waitedMs: number;
}

const MAX_NODE_ATTEMPTS = 3;
const FIRST_WAIT_MS = 2;
const LONGEST_WAIT_MS = 100;

/** Throws CollectionReplaced when a newer map has another collection under the name; nothing else. */
export function scatter<T extends { readonly branch: number }>(
  request: ScatterRequest<T>,
  deps: ScatterDeps,
  context: RequestContext,
): Promise<readonly Outcome<T>[]> {
  return new Scatter(request, deps, context).ask(request.targets, 1);
}

class Scatter<T extends { readonly branch: number }> {
  readonly #request: ScatterRequest<T>;
  readonly #deps: ScatterDeps;
  readonly #context: RequestContext;
  readonly #startedMs: number;

  constructor(request: ScatterRequest<T>, deps: ScatterDeps, context: RequestContext) {
    this.#request = request;
    this.#deps = deps;
    this.#context = context;
    this.#startedMs = deps.monotonicMs();
  }

  /** `committing`: the refusal that the targets are asked again for, when a change was being committed. */
  ask(targets: readonly Target[], attempt: number, committing?: OrreryError): Promise<readonly Outcome<T>[]> {
    return targets.length === 1
      ? this.#askNode(targets, attempt, committing)
      : this.#askNodes(targets, attempt, committing);
  }

  async #askNodes(
    targets: readonly Target[],
    attempt: number,
    committing: OrreryError | undefined,
  ): Promise<readonly Outcome<T>[]> {
    const size = this.#deps.sampleShards() ? 1 : this.#deps.branchesPerStatement;
    const batches = groupByNode(targets).flatMap((sameNode) => cut(sameNode, size));
    const [only] = batches;
    if (batches.length === 1 && only !== undefined) return this.#askNode(only, attempt, committing);
    return (await Promise.all(batches.map((batch) => this.#askNode(batch, attempt, committing)))).flat();
  }

  async #askNode(
    batch: readonly Target[],
    attempt: number,
    committing: OrreryError | undefined,
  ): Promise<readonly Outcome<T>[]> {
    const { nodes, observer, monotonicMs } = this.#deps;
    const first = batch[0] as Target;
    const { group } = first;
    const shard = batch.length === 1 ? first.shardId : undefined;
    const type = this.#request.queryType(first);
    const run: RunOptions = { signal: this.#context.signal, waitedMs: 0 };
    const startedMs = monotonicMs();
    const spans = traceShards(batch, this.#context, attempt);
    const observe = (error: OrreryError | undefined) => {
      observer.statementRun({
        group,
        shard,
        type,
        elapsedMs: monotonicMs() - startedMs,
        waitedMs: run.waitedMs ?? 0,
        error,
        targets: batch,
      });
      if (spans !== undefined) for (const span of spans) span.end(error?.code);
    };
    try {
      const rows = await nodes.runOn(group, this.#request.statement(batch), run);
      observe(undefined);
      return this.#outcomes(batch, rows, attempt, run.waitedMs ?? 0);
    } catch (error) {
      if (!(error instanceof OrreryError)) throw error;
      observe(error);
      if (error.retry === "reroute") return this.#follow(batch, error, attempt);
      if (error.retry === "next-node" && attempt < MAX_NODE_ATTEMPTS)
        return this.#askAgain(batch, error, attempt);
      // What held the caller up is the change, wherever in the wait for it the deadline fell.
      const isLate = error.code === "DEADLINE_EXCEEDED";
      return this.#failed(batch, isLate && committing !== undefined ? committing : error, attempt);
    }
  }

  /** The node that was asked does not have a shard, or cannot say so yet. */
  async #follow(
    batch: readonly Target[],
    error: OrreryError,
    attempt: number,
  ): Promise<readonly Outcome<T>[]> {
    const { metadata = {} } = error.details;
    const group = (batch[0] as Target).group;
    const committing = metadata.committing !== undefined;
    const reason = committing ? "committing" : metadata.owner === undefined ? "gone" : "moved";
    this.#deps.observer.fenced({ group, reason });
    if (!committing) this.#deps.observer.rerouted({ group, code: error.code });
    if (attempt > 1 || committing) await this.#wait(attempt);
    if (this.#context.signal.aborted) return this.#failed(batch, error, attempt);
    if (committing) return this.ask(batch, attempt + 1, error);
    const owner = Number(metadata.owner);
    // A hint is of one shard. Refused again, the map is read: many shards may have moved. It is also needed
    // to ask a node that joined after the present one was read.
    if (attempt === 1 && primaryOf(this.#deps.topology.current(), owner) !== undefined) {
      const moved = batch.map((target) =>
        String(target.shardId) === metadata.shard ? { ...target, group: owner } : target,
      );
      return this.ask(moved, attempt + 1);
    }
    return this.ask(await this.#rerouted(batch, group), attempt + 1);
  }

  /**
   * The node did not answer: perhaps a newer map has another one for the group, perhaps it is back in a
   * moment.
   */
  async #askAgain(
    batch: readonly Target[],
    error: OrreryError,
    attempt: number,
  ): Promise<readonly Outcome<T>[]> {
    await this.#wait(attempt + 3);
    if (this.#context.signal.aborted) return this.#failed(batch, error, attempt);
    return this.ask(
      this.#inMap(batch, findCollection(this.#deps.topology.current(), this.#request.collection.name)),
      attempt + 1,
    );
  }

  /**
   * By the catalogs of the node that refused. When they cannot be read the targets stay; the next attempt
   * tells.
   */
  async #rerouted(batch: readonly Target[], from: number): Promise<readonly Target[]> {
    try {
      const map = await this.#deps.topology.refresh({ signal: this.#context.signal, from });
      return this.#inMap(batch, findCollection(map, this.#request.collection.name));
    } catch (error) {
      if (error instanceof OrreryError) return batch;
      throw error;
    }
  }

  #inMap(batch: readonly Target[], collection: Collection | undefined): readonly Target[] {
    if (collection?.id !== this.#request.collection.id)
      throw new CollectionReplaced(this.#request.collection);
    return batch.flatMap((target) => reroute(target, collection));
  }

  #wait(attempt: number): Promise<void> {
    const longestMs = Math.min(FIRST_WAIT_MS * 2 ** Math.min(attempt - 1, 10), LONGEST_WAIT_MS);
    return pause(longestMs * (0.5 + 0.5 * this.#deps.random()), this.#context.signal);
  }

  #outcomes(
    batch: readonly Target[],
    rows: readonly Row[],
    attempts: number,
    waitedMs: number,
  ): readonly Outcome<T>[] {
    const elapsedMs = this.#deps.monotonicMs() - this.#startedMs;
    const decoded = rows.map(this.#request.decode);
    const byBranch = batch.length === 1 ? [decoded] : branches(decoded, batch.length);
    return batch.map((target, branch) => ({
      target,
      rows: byBranch[branch] ?? [],
      error: undefined,
      attempts,
      elapsedMs,
      waitedMs,
    }));
  }

  #failed(batch: readonly Target[], error: OrreryError, attempts: number): readonly Outcome<T>[] {
    const elapsedMs = this.#deps.monotonicMs() - this.#startedMs;
    return batch.map((target) => ({ target, rows: [], error, attempts, elapsedMs, waitedMs: 0 }));
  }
}

/** A part of the trace for each shard that the statement asks; undefined when nobody traces. */
function traceShards(
  batch: readonly Target[],
  { trace }: RequestContext,
  attempt: number,
): readonly Trace[] | undefined {
  return trace === undefined
    ? undefined
    : batch.map(({ shardId, group }) =>
        trace.child("shard", { "orrery.shard": shardId, "orrery.group": group, "orrery.attempt": attempt }),
      );
}

/** Rows by the branch of the statement they are from. */
function branches<T extends { readonly branch: number }>(rows: readonly T[], count: number): readonly T[][] {
  const byBranch = Array.from({ length: count }, (): T[] => []);
  for (const row of rows) byBranch[row.branch]?.push(row);
  return byBranch;
}

/** Targets by node group, in the order the groups first appear. */
export function groupByNode(targets: readonly Target[]): readonly (readonly Target[])[] {
  if (targets.length === 1) return [targets];
  const byGroup = new Map<number, Target[]>();
  for (const target of targets) {
    const group = byGroup.get(target.group);
    if (group === undefined) byGroup.set(target.group, [target]);
    else group.push(target);
  }
  return [...byGroup.values()];
}

function cut<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  const parts: T[][] = [];
  for (let at = 0; at < all.length; at += size) parts.push(all.slice(at, at + size));
  return parts;
}
