import protobuf from "protobufjs/minimal.js";
import { ERROR_CODES, type ErrorCode, OrreryError } from "../../errors.ts";
import type { DeepReadonly } from "../../lib/deep-readonly.ts";
import type { JsonObject, JsonValue } from "../../lib/json.ts";
import { upperCase } from "../../lib/upper-case.ts";
import type { MoveProgress, Operation } from "../../operations/types.ts";
import type { AnyInit } from "../../proto/generated/google/protobuf/Any.ts";
import type { StructInit } from "../../proto/generated/google/protobuf/Struct.ts";
import type { TimestampInit } from "../../proto/generated/google/protobuf/Timestamp.ts";
import type { ValueInit } from "../../proto/generated/google/protobuf/Value.ts";
import type { MoveProgressInit } from "../../proto/generated/orrery/v1/MoveProgress.ts";
import type { OperationInit } from "../../proto/generated/orrery/v1/Operation.ts";
import { writeStruct } from "../wire/struct.ts";
import { timestampOfMilliseconds } from "../wire/timestamp.ts";
import { toStatus } from "./status.ts";

/** Operation in the shape that proto-loader takes. */
export function toOperationMessage(operation: Operation): DeepReadonly<OperationInit> {
  const { error, result, finishedAtMs } = operation;
  return {
    id: operation.id,
    kind: operation.kind,
    state: `OPERATION_STATE_${upperCase(operation.state)}`,
    stage: operation.stage,
    fraction: operation.fraction,
    message: operation.message,
    createTime: timestampOfMilliseconds(operation.createdAtMs),
    updateTime: timestampOfMilliseconds(operation.updatedAtMs),
    endTime: timestampOrNull(finishedAtMs),
    error: error === undefined ? null : toStatus(new OrreryError(toErrorCode(error.code), error.message)),
    result: result === undefined ? null : toStructAny(result),
    arguments: { fields: toFields(operation.arguments) },
    stages: operation.stages ?? [],
    moves: (operation.moves ?? []).map(toMoveMessage),
    estimatedEndTime: timestampOrNull(operation.estimatedEndMs),
    requestedBy: operation.requestedBy ?? "",
    requestId: operation.requestId ?? "",
  };
}

/** Operation records may come from a newer coordinator, with codes that this one does not know. */
function toErrorCode(code: string): ErrorCode {
  return Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : "BUG";
}

function toFields(values: JsonObject): NonNullable<StructInit["fields"]> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, toValue(value)]));
}

function toValue(value: JsonValue): ValueInit {
  if (value === null) return { nullValue: 0 };
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "number") return { numberValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (Array.isArray(value)) return { listValue: { values: value.map(toValue) } };
  return { structValue: { fields: toFields(value as JsonObject) } };
}

function toStructAny(values: JsonObject): AnyInit {
  return {
    type_url: "type.googleapis.com/google.protobuf.Struct",
    value: writeStruct(protobuf.Writer.create(), values).finish(),
  };
}

function toMoveMessage(move: MoveProgress): MoveProgressInit {
  return {
    shardId: move.shard,
    collection: move.collection,
    sourceNode: move.source,
    targetNode: move.target,
    state: `MOVE_STATE_${upperCase(move.state)}`,
    phase: move.phase,
    fraction: move.fraction,
    bytesDone: Math.round(move.bytesDone),
    bytesTotal: Math.round(move.bytesTotal),
    startTime: timestampOrNull(move.startedAtMs),
    endTime: timestampOrNull(move.finishedAtMs),
  };
}

function timestampOrNull(ms: number | undefined): TimestampInit | null {
  return ms === undefined ? null : timestampOfMilliseconds(ms);
}
