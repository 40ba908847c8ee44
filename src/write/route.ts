/**
 * Runs one group's statement on the node that owns its shard, by the newest map, and retries what was
 * certainly not applied. A stale map costs a hop inside Citus, never a lost write: the statement names the
 * distributed table. One that finds its rows locked is tried again until the deadline.
 */
import type { OrreryError } from "../errors.ts";
import type { Cancellation } from "../lib/cancellation.ts";
import { pause } from "../lib/pause.ts";
import type { RequestContext } from "../query/types.ts";
import type { NodeRunner } from "../shards/node-driver.ts";
import type { Row, Statement } from "../shards/statement.ts";
import { existing } from "../topology/collection-lookup.ts";
import type { CurrentMap } from "../topology/current-map.ts";
import { flowOf, hashText, shardAt, shardKeyOf } from "../topology/ring.ts";
import { type Collection, findCollection } from "../topology/shard-map.ts";
import type { WriteObserver, WriteRelations } from "./types.ts";

export interface WriteRouteDeps {
  readonly topology: CurrentMap;
  readonly nodes: NodeRunner;
  readonly relations: WriteRelations;
  readonly observer: WriteObserver;
  /** 0 to 1. */
  readonly random: () => number;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
}

export interface RoutedWrite {
  readonly collection: string;
  readonly namespace: string;
  /** Records, for the metrics. */
  readonly records: number;
  /** False for look-ups on the write path. */
  readonly write: boolean;
  /** Built for each attempt; throws when the records do not fit the collection. */
  readonly statement: (collection: Collection, relation: string) => Statement;
}

const MAX_ATTEMPTS = 6;
const FIRST_WAIT_MS = 5;
/** With less, the outcome of another attempt might not be known in time. */
const LEAST_FOR_LOCKED_MS = 200;

/** Errors as NodeDriver.run, COLLECTION_NOT_FOUND, and what `statement` throws. */
export async function runWrite(
  request: RoutedWrite,
  deps: WriteRouteDeps,
  context: RequestContext,
): Promise<readonly Row[]> {
  const { signal } = context;
  const shardKey = shardKeyOf(request.namespace);
  let locked: OrreryError | undefined;
  let waitsForLocks = 0;
  for (let attempt = 1; ; attempt += 1) {
    const collection = existing(
      findCollection(deps.topology.current(), request.collection),
      request.collection,
    );
    const shard = shardAt(collection, hashText(shardKey));
    const statement = request.statement(collection, deps.relations.writeRelation(collection, shard.id));
    const startedMs = deps.monotonicMs();
    const { group } = shard;
    const { rows, waitedMs, error } = await deps.nodes.runOn(group, statement, {
      signal,
      write: request.write,
      flow: flowOf(collection, shardKey),
      shard: shard.id,
    });
    const elapsedMs = deps.monotonicMs() - startedMs;
    deps.observer.written({ group, records: request.records, elapsedMs, waitedMs, error });
    if (error === undefined) return rows;
    // It was not sent again: what kept it from being written is what its caller should know.
    if (error.code === "DEADLINE_EXCEEDED" && locked !== undefined) throw locked;
    if (error.retry === "never" || error.code === "OVERLOADED") throw error;
    if (error.code === "LOCK_TIMEOUT") {
      locked = error;
      waitsForLocks += 1;
    } else if (attempt - waitsForLocks >= MAX_ATTEMPTS) throw error;
    const longestMs = FIRST_WAIT_MS * 2 ** Math.min(attempt, MAX_ATTEMPTS);
    await pause(longestMs * (0.5 + 0.5 * deps.random()), signal);
    if (signal.aborted || (locked !== undefined && !hasTimeToTryAgain(signal))) throw error;
    if (error.retry === "reroute") await deps.topology.refresh({ signal, from: group });
  }
}

function hasTimeToTryAgain({ deadlineMs = Number.POSITIVE_INFINITY }: Cancellation): boolean {
  return deadlineMs - performance.now() >= LEAST_FOR_LOCKED_MS;
}
