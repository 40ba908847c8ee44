/**
 * Operations that have ended: moved out of the store by the leader, into the database where the engine keeps
 * them.
 */
import type { FinishedOperations } from "../engines/finished-operations.ts";
import { isOrreryError } from "../errors.ts";
import type { Logger } from "../lib/logger.ts";
import { createOutageLog } from "../lib/outage-log.ts";
import type { LeaderTerm } from "../topology/leader.ts";
import type { Stored } from "../topology/map-store.ts";
import { readRecord } from "./read-record.ts";
import { isFinished, type OperationRecords, type RecordsScan, readRecords } from "./records.ts";
import type { Operation } from "./types.ts";

/** The store keeps a finished operation this long, so that its watchers see the end. */
const STAYS_IN_STORE_MS = 10_000;
const NOT_STORED = "";

export interface FinishedRecords {
  /** Its revision is empty: finished records are not written again. */
  get(id: string, signal: AbortSignal): Promise<Stored<Operation> | undefined>;
  /**
   * Of the coordinator that ran it, before the store says that it has ended: a store that was restored from
   * an old snapshot then cannot have it run again. Does nothing where the schema has no place for it.
   */
  add(operation: Operation, leaderTerm: LeaderTerm | undefined, signal: AbortSignal): Promise<void>;
  /** Empty while the database does not answer. */
  scan(signal: AbortSignal): Promise<RecordsScan>;
  /**
   * For the leader: moves what has ended out of the store, and deletes what ended `keepMs` ago. NOT_LEADER.
   */
  archive(leaderTerm: LeaderTerm, keepMs: number): Promise<void>;
}

/** `finished` undefined: the engine has no place for them, they stay in the store. */
export function createFinishedRecords(
  finished: FinishedOperations | undefined,
  {
    records,
    epochMs,
    logger,
  }: { readonly records: OperationRecords; readonly epochMs: () => number; readonly logger: Logger },
): FinishedRecords {
  const outage = createOutageLog(logger, "move finished operations into the database", epochMs);
  const entryOf = (value: Operation) => {
    const { id, finishedAtMs = value.updatedAtMs } = value;
    return { id, finishedAtMs, json: JSON.stringify(value) };
  };
  const move = async (finishedOperations: FinishedOperations, leaderTerm: LeaderTerm) => {
    for (const record of await records.list()) {
      const { value, revision } = record;
      if (!isFinished(value)) continue;
      const { finishedAtMs = value.updatedAtMs } = value;
      if (finishedAtMs > epochMs() - STAYS_IN_STORE_MS) continue;
      const whole = await records.whole(record);
      if (whole === undefined) continue;
      const entry = entryOf(whole.value);
      await finishedOperations.add(entry, leaderTerm.term, leaderTerm.signal);
      await records.delete(value.id, { expected: revision, leadership: leaderTerm.leadership });
    }
  };

  return {
    async get(id, signal) {
      // A schema without the table for them has none.
      const json = await finished?.get(id, signal).catch((error: unknown) => {
        if (!isOrreryError(error, "NODE_NOT_MIGRATED")) throw error;
        return undefined;
      });
      return json === undefined ? undefined : { value: readRecord({ id, json }), revision: NOT_STORED };
    },
    async add(operation, leaderTerm, signal) {
      await finished?.add(entryOf(operation), leaderTerm?.term, signal).catch((error: unknown) => {
        if (!isOrreryError(error, "NODE_NOT_MIGRATED")) throw error;
      });
    },
    async scan(signal) {
      const kept = await finished?.list(signal).catch((error: unknown) => {
        if (!isOrreryError(error)) throw error;
        return [];
      });
      return readRecords((kept ?? []).map((value) => ({ value, revision: NOT_STORED })));
    },
    async archive(leaderTerm, keepMs) {
      if (finished === undefined) return;
      try {
        await move(finished, leaderTerm);
        await finished.deleteBefore(epochMs() - keepMs, leaderTerm.term, leaderTerm.signal);
        outage.worked();
      } catch (error) {
        if (!isOrreryError(error) || error.code === "NOT_LEADER") throw error;
        if (!leaderTerm.signal.aborted) outage.failed(error);
      }
    },
  };
}
