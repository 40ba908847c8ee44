/** Records a change of the cluster once, however often it is asked for. */
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { invalidField, isOrreryError } from "../errors.ts";
import { pause } from "../lib/pause.ts";
import { refuseCollision } from "./collisions.ts";
import type { FinishedRecords } from "./finished-records.ts";
import { isFinished, type OperationRecords } from "./records.ts";
import type { ClusterOperationKind, JsonObject, MoveProgress, Operation } from "./types.ts";

const POLL_INTERVAL_MS = 50;

/** What was asked for, by which a request that is sent again is known. */
export interface AskedChange {
  readonly kind: ClusterOperationKind;
  readonly asked: JsonObject;
  /** undefined: every call is another one. */
  readonly requestId?: string | undefined;
}

export interface Change extends AskedChange {
  /** What was found out about it; with `asked` the arguments of the operation. */
  readonly facts?: JsonObject;
  /** As far as they are known before it begins. */
  readonly moves?: readonly MoveProgress[];
  readonly requestedBy: string;
}

export interface BeginDeps {
  readonly records: OperationRecords;
  readonly finished: Pick<FinishedRecords, "get">;
  readonly newId: () => string;
  readonly clock: () => number;
  readonly signal: AbortSignal;
}

/** The operation that this request began before; undefined when it did not. INVALID_REQUEST as `beginOnce`. */
export async function findEarlier(
  { records, finished, signal }: Pick<BeginDeps, "records" | "finished" | "signal">,
  change: AskedChange,
): Promise<Operation | undefined> {
  if (change.requestId === undefined) return undefined;
  const id = idOf(change.requestId);
  const known = (await records.get(id)) ?? (await finished.get(id, signal));
  return known && checkSame(known.value, change);
}

/**
 * The operation of this request: recorded now, or before. OPERATION_CONFLICT naming the one in the way, INVALID_REQUEST
 * when the request id was used for something else, STORE_UNAVAILABLE.
 */
export async function beginOnce(deps: BeginDeps, change: Change): Promise<Operation> {
  const { records, newId, clock } = deps;
  const { requestId, requestedBy, kind, moves } = change;
  const id = requestId === undefined ? newId() : idOf(requestId);
  const known = await findEarlier(deps, change);
  if (known !== undefined) return known;

  const pending: Operation = {
    id,
    kind,
    state: "pending",
    stage: "",
    fraction: 0,
    message: "",
    createdAtMs: clock(),
    updatedAtMs: clock(),
    coordinator: "",
    requestedBy,
    arguments: { ...change.asked, ...change.facts },
    ...(requestId === undefined ? {} : { requestId }),
    ...(moves === undefined ? {} : { moves }),
  };
  refuseCollision(pending, await records.list());
  try {
    await records.put(pending, undefined);
  } catch (error) {
    // The same request, sent twice at the same time.
    const other = isOrreryError(error, "STATEMENT_CONFLICT") ? await findEarlier(deps, change) : undefined;
    if (other === undefined) throw error;
    return other;
  }
  try {
    // Again, for one that was recorded meanwhile: of two at least one sees the other.
    refuseCollision(pending, await records.list());
  } catch (error) {
    if (isOrreryError(error, "OPERATION_CONFLICT")) await records.delete(id);
    throw error;
  }
  return pending;
}

/** The same for the same request id, on every coordinator; looks like any other id. */
function idOf(requestId: string): string {
  const hex = createHash("sha256").update(requestId).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}

function checkSame(known: Operation, { kind, asked }: AskedChange): Operation {
  const same = Object.entries(asked).every(([name, value]) =>
    isDeepStrictEqual(known.arguments[name], value),
  );
  if (known.kind === kind && same) return known;
  throw invalidField("request_id", `was used for another request: operation ${known.id} (${known.kind})`);
}

/** What `read` gives when it has ended or `limitMs` have passed. */
export async function waitForEnd(
  read: () => Promise<Operation>,
  { limitMs, signal }: { readonly limitMs: number; readonly signal: AbortSignal },
): Promise<Operation> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const operation = await read();
    if (isFinished(operation) || signal.aborted || performance.now() > deadline) return operation;
    await pause(POLL_INTERVAL_MS, signal);
  }
}
