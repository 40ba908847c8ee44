/** Which operations must not run beside each other. Pure. */
import { OrreryError } from "../errors.ts";
import type { Stored } from "../topology/map-store.ts";
import { isFinished } from "./records.ts";
import type { Operation, OperationKind } from "./types.ts";

export type Subject = Pick<Operation, "kind" | "arguments">;

/**
 * What an operation keeps for itself:
 * - `nothing`: it may overlap with everything but a deletion of its collection.
 * - `shard`: one shard group.
 * - `collection`: all shard groups of a collection, and the collection itself.
 * - `cluster`: which nodes there are and what they hold.
 */
type Reach = "nothing" | "shard" | "collection" | "cluster";

const REACH: Readonly<Record<OperationKind, Reach>> = {
  create_collection: "nothing",
  delete_namespace: "nothing",
  delete_collection: "collection",
  move_shard: "shard",
  split_shard: "collection",
  isolate_namespace: "collection",
  update_namespace: "collection",
  rebalance: "cluster",
  drain_node: "cluster",
  restore_node: "cluster",
  add_node: "cluster",
  remove_node: "cluster",
};

const DATA_KINDS: ReadonlySet<OperationKind> = new Set([
  "create_collection",
  "delete_collection",
  "delete_namespace",
]);

/** True for the kinds that only the leader runs. */
export function changesCluster(kind: OperationKind): boolean {
  return !DATA_KINDS.has(kind);
}

export function collide(a: Subject, b: Subject): boolean {
  const [reachA, reachB] = [REACH[a.kind], REACH[b.kind]];
  if (reachA === undefined || reachB === undefined) return true; // of a newer version: nobody knows
  if (changesCluster(a.kind) && changesCluster(b.kind)) {
    if (reachA === "cluster" || reachB === "cluster") return true;
    if (a.arguments.collection !== b.arguments.collection) return false;
    if (reachA === "shard" && reachB === "shard") return a.arguments.shard === b.arguments.shard;
    return true;
  }
  const [data, change] = changesCluster(a.kind) ? [b, a] : [a, b];
  if (changesCluster(change.kind)) {
    // A collection that goes away under a move, or appears beside one.
    if (data.kind !== "delete_collection") return false;
    return REACH[change.kind] === "cluster" || change.arguments.collection === data.arguments.collection;
  }
  return (
    a.arguments.collection === b.arguments.collection &&
    a.kind !== b.kind &&
    (a.kind === "delete_collection" || b.kind === "delete_collection")
  );
}

/**
 * True when `subject` must not even wait for `other`: what was asked for makes no sense once that is done,
 * because the collection is gone or the plan was made for another cluster.
 */
export function isRefusedBy(subject: Subject, other: Subject): boolean {
  if (!collide(subject, other)) return false;
  if (!changesCluster(subject.kind) || !changesCluster(other.kind)) return true;
  return subject.kind === "rebalance" || subject.kind === "remove_node";
}

/** Throws OPERATION_CONFLICT naming the first unfinished operation that refuses `subject`. */
export function refuseCollision(
  subject: Subject & Pick<Operation, "id">,
  stored: readonly Stored<Operation>[],
): void {
  const other = stored.find(
    ({ value }) => value.id !== subject.id && !isFinished(value) && isRefusedBy(subject, value),
  );
  if (other === undefined) return;
  const { id, kind } = other.value;
  throw new OrreryError("OPERATION_CONFLICT", `operation ${id} (${kind}) is in the way`, {
    details: { metadata: { operation: id } },
  });
}

/**
 * The unfinished operation that `subject` has to wait for: one that runs, or one that was there before it.
 */
export function firstInTheWay(subject: Operation, unfinished: readonly Operation[]): Operation | undefined {
  return unfinished.find(
    (other) =>
      other.id !== subject.id &&
      collide(subject, other) &&
      (!changesCluster(other.kind) || hasBegun(other) || isBefore(other, subject)),
  );
}

/** True when a leader has run some of it, so that there may be something to undo. */
export function hasBegun({ stage, state }: Operation): boolean {
  return stage !== "" || state === "running";
}

function isBefore(a: Operation, b: Operation): boolean {
  return a.createdAtMs === b.createdAtMs ? a.id < b.id : a.createdAtMs < b.createdAtMs;
}
