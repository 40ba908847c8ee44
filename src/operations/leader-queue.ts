/**
 * Runs the operations that change the cluster, on the leader alone: each as soon as nothing it collides with
 * runs or was there before it. What an earlier leader had begun goes on at the stage that its record names.
 */
import { isOrreryError } from "../errors.ts";
import type { Logger } from "../lib/logger.ts";
import { createOutageLog } from "../lib/outage-log.ts";
import { createPacer } from "../lib/pacer.ts";
import type { LeaderTerm } from "../topology/leader.ts";
import type { Stored } from "../topology/map-store.ts";
import { changesCluster, firstInTheWay, hasBegun } from "./collisions.ts";
import type { FinishedRecords } from "./finished-records.ts";
import { isFinished, type OperationRecords } from "./records.ts";
import type { RunningOperations } from "./running-operations.ts";
import { type SettleDeps, settleEnded } from "./settle-ended.ts";
import type { Operation, UnreadableRecord } from "./types.ts";

const POLL_INTERVAL_MS = 500;

export interface LeaderQueueDeps extends SettleDeps {
  readonly finished: Pick<FinishedRecords, "get" | "add">;
  readonly records: OperationRecords;
  readonly running: Pick<RunningOperations, "start" | "find" | "allEnded">;
  /** Id of this coordinator. */
  readonly self: string;
  readonly logger: Logger;
}

export interface LeaderQueue {
  /** A leader task: ends when the leader term is lost and nothing runs under it any more. */
  lead(leaderTerm: LeaderTerm): Promise<void>;
  /** Scans the records at once instead of in half a second. */
  wake(): void;
}

export function createLeaderQueue(deps: LeaderQueueDeps): LeaderQueue {
  const { records, finished, running, self, epochMs, closing, logger } = deps;
  const pacer = createPacer();
  const outage = createOutageLog(logger, "scan the operations", () => performance.now());

  const put = (operation: Operation, revision: string, leaderTerm: LeaderTerm) =>
    records.put({ ...operation, coordinator: self, updatedAtMs: epochMs() }, revision, leaderTerm.leadership);

  /** Not while PostgreSQL does not say whether it has ended before. */
  const start = async (found: Stored<Operation>, leaderTerm: LeaderTerm) => {
    const record = await records.whole(found);
    if (record === undefined) return;
    const { value, revision } = record;
    if (await settleEnded(record, deps, leaderTerm.leadership)) {
      logger.warn(
        { operation: value.id, kind: value.kind },
        "not running an operation that has ended before",
      );
      return;
    }
    if (value.state === "cancelling" && !hasBegun(value)) {
      const cancelled: Operation = { ...value, state: "cancelled", finishedAtMs: epochMs() };
      await finished.add(cancelled, leaderTerm, leaderTerm.signal);
      await put(cancelled, revision, leaderTerm);
      return;
    }
    const state = value.state === "cancelling" ? "cancelling" : "running";
    const operation: Operation = { ...value, state, message: "", coordinator: self, updatedAtMs: epochMs() };
    const run = await running.start({ operation, revision, leaderTerm });
    logger.info({ operation: value.id, kind: value.kind, stage: value.stage }, "running an operation");
    void run.ended.then(pacer.wake);
  };

  let reported: ReadonlySet<string> = new Set();
  const report = (unreadable: readonly Stored<UnreadableRecord>[]) => {
    for (const { value, revision } of unreadable) {
      if (running.find(value.id) !== undefined || reported.has(revision)) continue;
      logger.error(
        { operation: value.id, problem: value.problem },
        "skipping an operation that cannot be read",
      );
    }
    reported = new Set(unreadable.map(({ revision }) => revision));
  };

  const scan = async (leaderTerm: LeaderTerm) => {
    const { operations: stored, unreadable } = await records.scan();
    report(unreadable);
    const unfinished = stored.filter(({ value }) => !isFinished(value));
    const operations = unfinished.map(({ value }) => value);
    for (const record of unfinished.sort((a, b) => a.value.createdAtMs - b.value.createdAtMs)) {
      const { value, revision } = record;
      if (!changesCluster(value.kind) || running.find(value.id) !== undefined) continue;
      leaderTerm.signal.throwIfAborted();
      const waits = !hasBegun(value) && value.state !== "cancelling";
      const other = waits ? firstInTheWay(value, operations) : undefined;
      const message = other && `waits for operation ${other.id} (${other.kind})`;
      if (message === undefined) await start(record, leaderTerm);
      else if (message !== value.message) await put({ ...value, message }, revision, leaderTerm);
    }
  };

  return {
    async lead(leaderTerm) {
      const onAbort = () => pacer.wake();
      leaderTerm.signal.addEventListener("abort", onAbort, { once: true });
      while (!leaderTerm.signal.aborted && !closing.aborted) {
        try {
          await scan(leaderTerm);
          outage.worked();
        } catch (error) {
          if (isOrreryError(error, "NOT_LEADER")) break;
          // Another coordinator changed a record meanwhile: scan again.
          if (!leaderTerm.signal.aborted && !isOrreryError(error, "STATEMENT_CONFLICT")) outage.failed(error);
        }
        await pacer.wait(POLL_INTERVAL_MS);
      }
      await running.allEnded(changesCluster);
    },
    wake: pacer.wake,
  };
}
