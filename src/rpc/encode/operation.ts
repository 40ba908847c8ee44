import protobuf from "protobufjs/minimal.js";
import { ERROR_CODES, type ErrorCode, OrreryError } from "../../errors.ts";
import type { Operation } from "../../operations/types.ts";
import { writeStruct } from "../codec/struct.ts";
import { toStatus } from "../status.ts";
import { timestampOfMilliseconds } from "./timestamp.ts";

/** Operation in the shape that proto-loader takes. */
export function toOperationMessage(operation: Operation): object {
  const { error, result, finishedAtMs } = operation;
  return {
    id: operation.id,
    kind: operation.kind,
    state: `OPERATION_STATE_${operation.state.toUpperCase()}`,
    stage: operation.stage,
    fraction: operation.fraction,
    message: operation.message,
    create_time: timestampOfMilliseconds(operation.createdAtMs),
    update_time: timestampOfMilliseconds(operation.updatedAtMs),
    end_time: finishedAtMs === undefined ? null : timestampOfMilliseconds(finishedAtMs),
    error: error === undefined ? null : toStatus(new OrreryError(toErrorCode(error.code), error.message)),
    result: result === undefined ? null : toStructAny(result),
    arguments: { fields: toFields(operation.arguments) },
  };
}

/** Operation records may come from a newer coordinator, with codes that this one does not know. */
function toErrorCode(code: string): ErrorCode {
  return Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : "BUG";
}

function toFields(values: Readonly<Record<string, string | number>>): object {
  const toValue = (value: string | number) =>
    typeof value === "string" ? { stringValue: value } : { numberValue: value };
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, toValue(value)]));
}

function toStructAny(values: Readonly<Record<string, string | number>>): object {
  return {
    type_url: "type.googleapis.com/google.protobuf.Struct",
    value: writeStruct(protobuf.Writer.create(), values).finish(),
  };
}
