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
import { isFinished, type OperationRecords } from "./records.ts";
import { type RunnerDeps, type RunningOperation, runOperation } from "./runner.ts";
import type { Operation, UnreadableRecord } from "./types.ts";

const POLL_INTERVAL_MS = 500;

export interface LeaderQueueDeps extends RunnerDeps {
  readonly records: OperationRecords;
  /** Id of this coordinator. */
  readonly self: string;
  readonly logger: Logger;
  /** What runs on this coordinator, by id; kept up to date here. */
  readonly running: Map<string, RunningOperation>;
}

export interface LeaderQueue {
  /** A task of the leader: ends when the leader term is lost and nothing runs under it any more. */
  lead(leaderTerm: LeaderTerm): Promise<void>;
  /** Looks at the records at once instead of in half a second. */
  wake(): void;
}

export function createLeaderQueue(deps: LeaderQueueDeps): LeaderQueue {
  const { records, running, self, epochMs, closing, logger } = deps;
  const pacer = createPacer();
  const outage = createOutageLog(logger, "look for operations to run", () => performance.now());

  const put = (operation: Operation, revision: string, leaderTerm: LeaderTerm) =>
    records.put({ ...operation, coordinator: self, updatedAtMs: epochMs() }, revision, leaderTerm.leadership);

  const start = async ({ value, revision }: Stored<Operation>, leaderTerm: LeaderTerm) => {
    const state = value.state === "cancelling" ? "cancelling" : "running";
    const operation: Operation = { ...value, state, message: "", coordinator: self, updatedAtMs: epochMs() };
    const started = await records.put(operation, revision, leaderTerm.leadership);
    logger.info({ operation: value.id, kind: value.kind, stage: value.stage }, "running an operation");
    const run = runOperation(deps, { operation, revision: started, leaderTerm });
    running.set(value.id, run);
    void run.ended.then(() => {
      running.delete(value.id);
      pacer.wake();
    });
  };

  let reported: ReadonlySet<string> = new Set();
  const report = (unreadable: readonly Stored<UnreadableRecord>[]) => {
    for (const { value, revision } of unreadable) {
      if (running.has(value.id) || reported.has(revision)) continue;
      logger.error(
        { operation: value.id, problem: value.problem },
        "skipping an operation that cannot be read",
      );
    }
    reported = new Set(unreadable.map(({ revision }) => revision));
  };

  const look = async (leaderTerm: LeaderTerm) => {
    const { operations: stored, unreadable } = await records.look();
    report(unreadable);
    const unfinished = stored.filter(({ value }) => !isFinished(value));
    const operations = unfinished.map(({ value }) => value);
    for (const record of unfinished.sort((a, b) => a.value.createdAtMs - b.value.createdAtMs)) {
      const { value, revision } = record;
      if (!changesCluster(value.kind) || running.has(value.id)) continue;
      leaderTerm.signal.throwIfAborted();
      if (value.state === "cancelling" && !hasBegun(value)) {
        await put({ ...value, state: "cancelled", finishedAtMs: epochMs() }, revision, leaderTerm);
        continue;
      }
      const other = hasBegun(value) ? undefined : firstInTheWay(value, operations);
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
          await look(leaderTerm);
          outage.worked();
        } catch (error) {
          if (isOrreryError(error, "NOT_LEADER")) break;
          // Another one changed a record meanwhile: look again.
          if (!leaderTerm.signal.aborted && !isOrreryError(error, "STATEMENT_CONFLICT")) outage.failed(error);
        }
        await pacer.wait(POLL_INTERVAL_MS);
      }
      await Promise.all(
        [...running.values()].map(({ kind, ended }) => (changesCluster(kind) ? ended : undefined)),
      );
    },
    wake: pacer.wake,
  };
}
