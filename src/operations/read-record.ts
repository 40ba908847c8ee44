/** Reads the record of an operation, which another version, or a person, may have written. Pure. */
import { OrreryError } from "../errors.ts";
import type { Operation, OperationState, UnreadableRecord } from "./types.ts";

const STATES: Readonly<Record<OperationState, true>> = {
  pending: true,
  running: true,
  cancelling: true,
  done: true,
  failed: true,
  cancelled: true,
};
const TEXTS = ["kind", "stage", "message", "coordinator"];
const NUMBERS = ["fraction", "createdAtMs", "updatedAtMs"];

/** Throws OPERATION_UNREADABLE naming the operation and what is wrong with its record. */
export function readRecord({ id, json }: { readonly id: string; readonly json: string }): Operation {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw unreadable({ id, problem: "its record is no JSON" }, cause);
  }
  const problem = whyUnreadable(id, value);
  if (problem !== undefined) throw unreadable({ id, problem });
  return value as Operation;
}

function whyUnreadable(id: string, value: unknown): string | undefined {
  if (!isObject(value)) return "its record is no JSON object";
  const wrong =
    TEXTS.find((name) => typeof value[name] !== "string") ??
    NUMBERS.find((name) => typeof value[name] !== "number") ??
    (isObject(value.arguments) ? undefined : "arguments") ??
    (value.moves === undefined || (Array.isArray(value.moves) && value.moves.every(isObject))
      ? undefined
      : "moves") ??
    (value.movesIn === undefined || Array.isArray(value.movesIn) ? undefined : "movesIn");
  if (wrong !== undefined) return `its record has no ${wrong}, or a strange one`;
  if (value.id !== id) return `its record is of operation ${JSON.stringify(value.id)}`;
  if (!Object.hasOwn(STATES, String(value.state)))
    return `its record has state ${JSON.stringify(value.state)}`;
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unreadable({ id, problem }: UnreadableRecord, cause?: unknown): OrreryError {
  return new OrreryError("OPERATION_UNREADABLE", `operation ${id} cannot be read: ${problem}`, {
    cause,
    details: { metadata: { operation: id } },
  });
}
