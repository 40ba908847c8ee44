/**
 * An unfinished record may be older than the operation's end: etcd was restored from an old snapshot, or the
 * coordinator that wrote it was frozen meanwhile. So nothing that is found in the store is run before
 * PostgreSQL, which has the record of every end, was asked.
 */
import { isOrreryError } from "../errors.ts";
import type { Leadership, Stored } from "../topology/map-store.ts";
import type { FinishedRecords } from "./finished-records.ts";
import type { OperationRecords } from "./records.ts";
import type { Operation } from "./types.ts";

/** PostgreSQL and the store keep finished operations this long. */
export const KEEP_FINISHED_MS = 30 * 24 * 60 * 60 * 1_000;

export interface SettleDeps {
  readonly records: Pick<OperationRecords, "put">;
  readonly finished: Pick<FinishedRecords, "get">;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
  readonly closing: AbortSignal;
}

/**
 * True when the operation has ended; then its record says so again. Throws what PostgreSQL throws when it
 * does not answer, STATEMENT_CONFLICT, NOT_LEADER and STORE_UNAVAILABLE: then it must not be run yet.
 */
export async function settleEnded(
  { value, revision }: Stored<Operation>,
  { records, finished, epochMs, closing }: SettleDeps,
  leadership?: Leadership,
): Promise<boolean> {
  const ended =
    (
      await finished.get(value.id, closing).catch((error: unknown) => {
        if (!isOrreryError(error, "OPERATION_UNREADABLE")) throw error;
        return { value: failedAt(epochMs(), value, "it has ended before, and that record cannot be read") };
      })
    )?.value ?? tooOldToTell(value, epochMs());
  if (ended === undefined) return false;
  await records.put(ended, revision, leadership);
  return true;
}

/** The end of a record that is older than what PostgreSQL remembers; undefined when it is not. */
function tooOldToTell(operation: Operation, nowMs: number): Operation | undefined {
  if (operation.updatedAtMs >= nowMs - KEEP_FINISHED_MS) return undefined;
  const message = "its record has not changed for 30 days: whether it has ended before cannot be known";
  return failedAt(nowMs, operation, message);
}

function failedAt(nowMs: number, operation: Operation, message: string): Operation {
  const error = { code: "CANCELLED", message };
  return { ...operation, state: "failed", error, updatedAtMs: nowMs, finishedAtMs: nowMs };
}
