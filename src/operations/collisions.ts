/** Which operations must not run beside each other. Pure. */
import { OrreryError } from "../errors.ts";
import type { Stored } from "../topology/map-store.ts";
import type { Reach } from "./changes/change-definition.ts";
import { definitionOf } from "./changes/definitions.ts";
import { isFinished } from "./records.ts";
import type { DataOperationKind, Operation, OperationKind } from "./types.ts";

export type Subject = Pick<Operation, "kind" | "arguments">;

/**
 * `nothing`: it may overlap with everything but a deletion of its collection; `collection`: with no change of
 * it.
 */
const DATA_TOUCHES: Readonly<Record<DataOperationKind, "nothing" | "collection">> = {
  create_collection: "nothing",
  delete_namespace: "nothing",
  update_collection: "collection",
  delete_collection: "collection",
};

/** True for the kinds that only the leader runs, unknown ones of a newer version among them. */
export function changesCluster(kind: OperationKind): boolean {
  return !isDataKind(kind);
}

function isDataKind(kind: OperationKind): kind is DataOperationKind {
  return Object.hasOwn(DATA_TOUCHES, kind);
}

/** undefined: of a newer version. */
function touchedBy(kind: OperationKind): Reach["touches"] | "nothing" | undefined {
  return isDataKind(kind) ? DATA_TOUCHES[kind] : definitionOf(kind)?.reach.touches;
}

export function collide(a: Subject, b: Subject): boolean {
  const [touchedByA, touchedByB] = [touchedBy(a.kind), touchedBy(b.kind)];
  if (touchedByA === undefined || touchedByB === undefined) return true;
  const sameCollection = a.arguments.collection === b.arguments.collection;
  if (changesCluster(a.kind) && changesCluster(b.kind)) {
    if (touchedByA === "cluster" || touchedByB === "cluster") return true;
    if (touchedByA === "build" && touchedByB === "build" && a.arguments.node === b.arguments.node)
      return true;
    if (touchedByA === "cut" && touchedByB === "cut") return true;
    if (!sameCollection) return false;
    if (ofOneShard(touchedByA) && ofOneShard(touchedByB)) return a.arguments.shard === b.arguments.shard;
    return true;
  }
  const [data, change] = changesCluster(a.kind) ? [b, a] : [a, b];
  if (changesCluster(change.kind)) {
    // A collection that goes away under a move, or whose indexes are built while its shards move.
    if (touchedBy(data.kind) !== "collection") return false;
    return touchedBy(change.kind) === "cluster" || sameCollection;
  }
  if (a.kind === "update_collection" && b.kind === "update_collection") return sameCollection;
  return (
    sameCollection && a.kind !== b.kind && (a.kind === "delete_collection" || b.kind === "delete_collection")
  );
}

const ofOneShard = (touched: Reach["touches"] | "nothing") => touched === "shard" || touched === "build";

/**
 * True when `subject` must not even wait for `other`: what was asked for makes no sense once that is done,
 * because the collection is gone or the plan was made for another cluster.
 */
export function isRefusedBy(subject: Subject, other: Subject): boolean {
  if (!collide(subject, other)) return false;
  const outlasts = changesCluster(other.kind) || other.kind === "update_collection";
  if (!changesCluster(subject.kind) || !outlasts) return true;
  return definitionOf(subject.kind)?.reach.onCollision === "refused";
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
