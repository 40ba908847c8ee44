/** Records a change of the cluster once, however often the request is sent. */

import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { invalidField, isOrreryError } from "../errors.ts";
import type { JsonObject } from "../lib/json.ts";
import { pause } from "../lib/pause.ts";
import type { Checked } from "./changes/change-definition.ts";
import { hasBegun, refuseCollision } from "./collisions.ts";
import type { FinishedRecords } from "./finished-records.ts";
import { pendingOperation } from "./pending-operation.ts";
import { isFinished, type OperationRecords } from "./records.ts";
import type { ClusterOperationKind, Operation } from "./types.ts";

const POLL_INTERVAL_MS = 50;

/** What was asked for; a request that is sent again is recognized by it. */
export interface AskedChange {
  readonly kind: ClusterOperationKind;
  readonly asked: JsonObject;
  /** undefined: each call is a request of its own. */
  readonly requestId?: string | undefined;
}

export interface RecordedChange extends AskedChange, Checked {
  readonly requestedBy: string;
}

export interface BeginDeps {
  readonly records: OperationRecords;
  readonly finished: Pick<FinishedRecords, "get">;
  readonly newId: () => string;
  readonly epochMs: () => number;
  readonly signal: AbortSignal;
}

/**
 * The operation that this request began before; undefined when it did not. INVALID_REQUEST as `beginOnce`.
 */
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
 * The operation of this request: recorded now, or before. OPERATION_CONFLICT naming the one in the way,
 * INVALID_REQUEST when the request id was used for something else, STORE_UNAVAILABLE.
 */
export async function beginOnce(deps: BeginDeps, change: RecordedChange): Promise<Operation> {
  const { records, finished, newId, epochMs, signal } = deps;
  const { requestId, requestedBy, kind, moves } = change;
  const id = requestId === undefined ? newId() : idOf(requestId);
  const known = await findEarlier(deps, change);
  if (known !== undefined) return known;

  const pending = pendingOperation(
    {
      id,
      kind,
      coordinator: "",
      requestedBy,
      arguments: { ...change.asked, ...change.facts },
      ...(requestId === undefined ? {} : { requestId, asked: Object.keys(change.asked) }),
      ...(moves === undefined ? {} : { moves }),
    },
    epochMs(),
  );
  refuseCollision(pending, await records.list());
  let revision: string;
  try {
    revision = await records.put(pending, undefined);
  } catch (error) {
    // The same request, sent twice at the same time.
    const other = isOrreryError(error, "STATEMENT_CONFLICT") ? await findEarlier(deps, change) : undefined;
    if (other === undefined) throw error;
    return other;
  }
  const ended = requestId === undefined ? undefined : (await finished.get(id, signal))?.value;
  if (ended !== undefined) {
    // This coordinator was frozen while another one brought the same request to its end.
    await records.delete(id, { expected: revision }).catch((error: unknown) => {
      // The leader has noticed, too.
      if (!isOrreryError(error, "STATEMENT_CONFLICT")) throw error;
    });
    return checkSame(ended, change);
  }
  try {
    // Again, for another that was recorded meanwhile: of two at least one sees the other.
    refuseCollision(pending, await records.list());
  } catch (error) {
    if (await takeBack(records, { id, revision })) throw error;
  }
  return pending;
}

/**
 * Deletes a record unless the leader has begun to work on it. False: it has, so the operation runs, and the
 * one it collides with waits for it or is refused.
 */
async function takeBack(
  records: OperationRecords,
  { id, revision }: { readonly id: string; readonly revision: string },
): Promise<boolean> {
  for (let expected = revision; ; ) {
    try {
      await records.delete(id, { expected });
      return true;
    } catch (error) {
      if (!isOrreryError(error, "STATEMENT_CONFLICT")) throw error;
      const present = await records.get(id);
      if (present === undefined) return true;
      if (hasBegun(present.value) || isFinished(present.value)) return false;
      expected = present.revision;
    }
  }
}

/** The same for the same request id on every coordinator, in the form of any other id. */
function idOf(requestId: string): string {
  const hex = createHash("sha256").update(requestId).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}

function checkSame(known: Operation, { kind, asked }: AskedChange): Operation {
  const same =
    Object.entries(asked).every(([name, value]) => isDeepStrictEqual(known.arguments[name], value)) &&
    (known.asked === undefined || known.asked.every((name) => name in asked));
  if (known.kind === kind && same) return known;
  throw invalidField("request_id", `was used for another request: operation ${known.id} (${known.kind})`);
}

/** Reads the operation until it has ended or `limitMs` have passed. */
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
