/**
 * Messages as the command line shows them: enums as words, Structs as JSON, times as text, vectors as
 * numbers.
 */

import type { CollectionMessage } from "../proto/generated/orrery/v1/Collection.ts";
import type { HitMessage } from "../proto/generated/orrery/v1/Hit.ts";
import type { NodeMessage } from "../proto/generated/orrery/v1/Node.ts";
import type { OperationMessage } from "../proto/generated/orrery/v1/Operation.ts";
import type { RecordMessage } from "../proto/generated/orrery/v1/Record.ts";
import { presentFilterIndex } from "./filter-index.ts";
import { fromAny, fromStruct, fromTimestamp, fromVector } from "./values.ts";

/** As the proto says, where none was chosen. */
const DEFAULT_RECALL_TARGET = 0.95;

/** `OPERATION_STATE_DONE` -> `done`. */
export function word(value: string, prefix: string): string {
  return value.slice(prefix.length).toLowerCase();
}

export function presentRecord(record: RecordMessage) {
  return {
    namespace: record.namespace,
    key: record.key,
    value: record.value,
    metadata: record.metadata ? fromStruct(record.metadata) : undefined,
    tags: record.tags,
    vector: record.vector ? fromVector(record.vector) : undefined,
    createdAt: fromTimestamp(record.createdAt),
    updatedAt: fromTimestamp(record.updatedAt),
    version: record.version,
  };
}

export function presentHit(hit: HitMessage) {
  return {
    ...hit,
    metadata: hit.metadata ? fromStruct(hit.metadata) : undefined,
    vector: hit.vector ? fromVector(hit.vector) : undefined,
  };
}

export function presentCollection(collection: CollectionMessage) {
  const { name, dimension, metric, quantization, hnsw, shardCount } = collection;
  const { filterIndexes, recallTarget, inlineVectors, lacks } = collection;
  return {
    name,
    dimension,
    metric: word(metric, "METRIC_"),
    quantization: word(quantization, "QUANTIZATION_"),
    index: word(collection.index, "VECTOR_INDEX_KIND_"),
    ...hnsw,
    shardCount,
    filterIndexes: filterIndexes.map(presentFilterIndex),
    recallTarget: recallTarget ?? DEFAULT_RECALL_TARGET,
    inlineVectors,
    lacks,
  };
}

export function presentNode(node: NodeMessage) {
  const { state, ...rest } = node;
  const known = state !== undefined && state !== "NODE_STATE_UNSPECIFIED";
  return {
    ...rest,
    role: word(node.role, "NODE_ROLE_"),
    ...(known && { state: word(state, "NODE_STATE_") }),
  };
}

export function presentOperation(operation: OperationMessage) {
  return {
    id: operation.id,
    kind: operation.kind,
    state: word(operation.state, "OPERATION_STATE_"),
    stage: operation.stage,
    stages: operation.stages,
    fraction: operation.fraction,
    message: operation.message,
    createTime: fromTimestamp(operation.createTime),
    updateTime: fromTimestamp(operation.updateTime),
    endTime: fromTimestamp(operation.endTime),
    estimatedEndTime: fromTimestamp(operation.estimatedEndTime),
    requestedBy: operation.requestedBy || undefined,
    requestId: operation.requestId || undefined,
    moves: operation.moves.map((move) => ({
      ...move,
      state: word(move.state, "MOVE_STATE_"),
      startTime: fromTimestamp(move.startTime),
      endTime: fromTimestamp(move.endTime),
    })),
    arguments: operation.arguments ? fromStruct(operation.arguments) : undefined,
    error: operation.error?.message,
    result: operation.result ? fromAny(operation.result) : undefined,
  };
}
