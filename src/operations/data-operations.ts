/**
 * Operations that any coordinator runs, those on collections and namespaces: the one that was asked begins
 * them, and the leader adopts those whose coordinator is gone.
 */
import { isOrreryError } from "../errors.ts";
import { backoffMs } from "../lib/backoff.ts";
import type { Logger } from "../lib/logger.ts";
import { pause } from "../lib/pause.ts";
import type { MapStore, Stored } from "../topology/map-store.ts";
import { changesCluster, refuseCollision } from "./collisions.ts";
import { pendingOperation } from "./pending-operation.ts";
import type { OperationRecords } from "./records.ts";
import type { RunningOperation } from "./runner.ts";
import type { RunningOperations } from "./running-operations.ts";
import { type SettleDeps, settleEnded } from "./settle-ended.ts";
import type { Operation } from "./types.ts";

const DISCARD_BACKOFF = { baseMs: 200, maxMs: 10_000 };

export interface DataOperationsDeps extends SettleDeps {
  readonly store: Pick<MapStore, "coordinators">;
  readonly records: OperationRecords;
  readonly running: Pick<RunningOperations, "start" | "find">;
  /** Id of this coordinator. */
  readonly self: string;
  readonly newId: () => string;
  readonly logger: Logger;
}

export interface DataOperations {
  /** Runs it on this coordinator. OPERATION_CONFLICT; STORE_UNAVAILABLE, with nothing done. */
  begin(request: Pick<Operation, "kind" | "arguments" | "requestedBy">): Promise<RunningOperation>;
  /**
   * For the leader: ends the records of those that have ended, goes on with those whose coordinator is not
   * alive, and deletes records of operations that ended `keepMs` ago. STORE_UNAVAILABLE; what PostgreSQL
   * throws when it does not say what has ended.
   */
  adoptOrphans(keepMs: number): Promise<void>;
}

export function createDataOperations(deps: DataOperationsDeps): DataOperations {
  const { store, records, running, self, newId, epochMs } = deps;
  return {
    /**
     * Writes the record first and checks for collisions then, so that of two that collide at least one sees
     * the other; at worst both are refused.
     */
    async begin(request) {
      const pending = pendingOperation({ ...request, id: newId(), coordinator: self }, epochMs());
      refuseCollision(pending, await records.list());
      try {
        const revision = await records.put(pending, undefined);
        refuseCollision(pending, await records.list());
        return await running.start({ operation: { ...pending, state: "running" }, revision });
      } catch (error) {
        void discard(pending.id, deps);
        throw error;
      }
    },

    async adoptOrphans(keepMs) {
      const operations = await records.list();
      const alive = new Set((await store.coordinators()).map(({ id }) => id)).add(self);
      for (const operation of operations) {
        const { id, kind, coordinator, finishedAtMs } = operation.value;
        if (finishedAtMs !== undefined) {
          if (finishedAtMs < epochMs() - keepMs) await records.delete(id);
        } else if (!changesCluster(kind) && running.find(id) === undefined) {
          await settleOrAdopt(operation, !alive.has(coordinator), deps).catch((error: unknown) => {
            // Its coordinator lives after all, or another leader was faster.
            if (!isOrreryError(error, "STATEMENT_CONFLICT")) throw error;
          });
        }
      }
    },
  };
}

/** The caller was answered that nothing was done, so the record must not lead to anything. */
async function discard(
  id: string,
  { records, closing }: Pick<DataOperationsDeps, "records" | "closing">,
): Promise<void> {
  for (let failures = 0; !closing.aborted; failures += 1) {
    try {
      return await records.delete(id);
    } catch {
      await pause(backoffMs(failures, DISCARD_BACKOFF), closing);
    }
  }
}

async function settleOrAdopt(
  operation: Stored<Operation>,
  isOrphan: boolean,
  deps: DataOperationsDeps,
): Promise<void> {
  if (await settleEnded(operation, deps)) {
    const { id, kind } = operation.value;
    deps.logger.warn({ operation: id, kind }, "not running an operation that has ended before");
  } else if (isOrphan) {
    await adopt(operation, deps);
  }
}

async function adopt(
  { value, revision }: Stored<Operation>,
  { records, running, self, epochMs, logger }: DataOperationsDeps,
): Promise<void> {
  const { id, kind, coordinator } = value;
  logger.warn({ operation: id, kind, coordinator }, "adopting an operation whose coordinator is gone");
  if (value.state !== "pending") {
    await running.start({ operation: { ...value, coordinator: self, updatedAtMs: epochMs() }, revision });
    return;
  }
  const error = { code: "CANCELLED", message: "its coordinator stopped before it began" };
  const end = { state: "failed", error, updatedAtMs: epochMs(), finishedAtMs: epochMs() } as const;
  await records.put({ ...value, ...end }, revision);
}
