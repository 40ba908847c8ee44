/**
 * The admin operations of one coordinator: starts them, finds them, and adopts those whose coordinator is
 * gone.
 */

import type { CollectionSpec } from "../engines/engine.ts";
import type { FinishedOperations } from "../engines/placement-changes.ts";
import { isOrreryError, OrreryError } from "../errors.ts";
import { backoffMs } from "../lib/backoff.ts";
import type { Logger } from "../lib/logger.ts";
import { createPacer } from "../lib/pacer.ts";
import { pause } from "../lib/pause.ts";
import { existing } from "../topology/collection-lookup.ts";
import type { CurrentMap } from "../topology/current-map.ts";
import type { LeaderTerm } from "../topology/leader.ts";
import type { Stored } from "../topology/map-store.ts";
import { findCollection } from "../topology/shard-map.ts";
import { type AskedChange, beginOnce, type Change, findEarlier, waitForEnd } from "./begin-change.ts";
import { changesCluster, refuseCollision } from "./collisions.ts";
import { createFinishedRecords } from "./finished-records.ts";
import type { Job } from "./job.ts";
import { argumentsOf, createJobs, hasSettings, type JobDeps } from "./jobs.ts";
import { createLeaderQueue } from "./leader-queue.ts";
import { createRecords, isFinished, lookAt } from "./records.ts";
import { type RunningOperation, runOperation } from "./runner.ts";
import type { AdminApi, ClusterOperationKind, Operation, OperationApi } from "./types.ts";

const WAIT_FOR_END_MS = 1_000;
const WATCH_INTERVAL_MS = 1_000;
const KEEP_FINISHED_MS = 30 * 24 * 60 * 60 * 1_000;
const TEND_INTERVAL_MS = 5_000;
const DISCARD_BACKOFF = { baseMs: 200, maxMs: 10_000 };

export interface OperationsOptions extends JobDeps {
  readonly map: CurrentMap;
  /** Fills in the default number of shards. Throws INVALID_REQUEST naming the field. */
  readonly resolveSpec: (request: Parameters<AdminApi["createCollection"]>[0]) => CollectionSpec;
  /** Of this coordinator; another one after every start. */
  readonly id: string;
  readonly newId: () => string;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
  readonly logger: Logger;
  /** What changes the cluster, and where the records of what has ended are kept; on engines that can. */
  readonly cluster?: {
    readonly jobs: Readonly<Record<ClusterOperationKind, Job>>;
    readonly finished: FinishedOperations;
  };
}

export interface Operations extends AdminApi, OperationApi {
  /**
   * For the leader, every few seconds: goes on with operations whose coordinator is not alive, and deletes
   * records of those finished 30 days ago. Throws STORE_UNAVAILABLE.
   */
  adoptOrphans(): Promise<void>;
  /**
   * Records a change of the cluster, which the leader runs, and waits up to a second for its end. A request
   * that is known is not begun again. OPERATION_CONFLICT, INVALID_REQUEST naming `request_id`,
   * STORE_UNAVAILABLE.
   */
  beginChange(change: Change): Promise<Operation>;
  /** What a request with this id began before; waits up to a second for its end. INVALID_REQUEST as above. */
  findChange(change: AskedChange): Promise<Operation | undefined>;
  /** The leader's tasks: runs changes of the cluster, adopts orphans, keeps what has ended. */
  lead(leaderTerm: LeaderTerm): Promise<void>;
  /** Ends what runs here without finishing it: another coordinator adopts it. */
  close(): Promise<void>;
}

export function createOperations(options: OperationsOptions): Operations {
  const { store, map, resolveSpec, id: self, newId, epochMs, logger } = options;
  const records = createRecords(store);
  const closing = new AbortController();
  const running = new Map<string, RunningOperation>();
  const listeners = new Set<(operation: Operation) => void>();
  const finished = createFinishedRecords(options.cluster?.finished, { records, epochMs, logger });
  const deps = {
    records,
    isKept: async (id: string) => (await finished.get(id, closing.signal)) !== undefined,
    jobs: { ...createJobs(options), ...options.cluster?.jobs },
    epochMs,
    logger,
    closing: closing.signal,
    onChange: (operation: Operation) => {
      for (const listener of listeners) listener(operation);
    },
  };

  /** Writes that this coordinator runs it, then does. Throws STORE_UNAVAILABLE before anything is done. */
  const start = async (operation: Operation, revision: string): Promise<RunningOperation> => {
    const { id } = operation;
    const started = await records.put(operation, revision);
    const run = runOperation(deps, { operation, revision: started });
    running.set(id, run);
    void run.ended.then(() => running.delete(id));
    return run;
  };

  /** The caller was told that nothing was done, so the record must not lead to anything. */
  const discard = async (id: string) => {
    for (let failures = 0; !closing.signal.aborted; failures += 1) {
      try {
        return await records.delete(id);
      } catch {
        await pause(backoffMs(failures, DISCARD_BACKOFF), closing.signal);
      }
    }
  };

  /**
   * Writes the record first and looks for collisions then, so that of two that collide at least one sees the
   * other; at worst both are refused.
   */
  const begin = async (request: Pick<Operation, "kind" | "arguments">): Promise<Operation> => {
    const pending: Operation = {
      ...request,
      id: newId(),
      state: "pending",
      stage: "",
      fraction: 0,
      message: "",
      createdAtMs: epochMs(),
      updatedAtMs: epochMs(),
      coordinator: self,
    };
    refuseCollision(pending, await records.list());
    let run: RunningOperation;
    try {
      const revision = await records.put(pending, undefined);
      refuseCollision(pending, await records.list());
      run = await start({ ...pending, state: "running" }, revision);
    } catch (error) {
      void discard(pending.id);
      throw error;
    }
    await Promise.race([run.ended, pause(WAIT_FOR_END_MS, closing.signal)]);
    return run.current();
  };

  const queue = createLeaderQueue({ ...deps, self, running });

  const mustExist = async (name: string) => {
    const known = findCollection(map.current(), name);
    return known ?? existing(findCollection(await map.refreshRarely(closing.signal), name), name);
  };

  const stored = async (id: string): Promise<Stored<Operation>> => {
    const found = (await records.get(id)) ?? (await finished.get(id, closing.signal));
    if (found !== undefined) return found;
    throw new OrreryError("OPERATION_NOT_FOUND", `operation ${JSON.stringify(id)} does not exist`);
  };

  const get = async (id: string): Promise<Operation> =>
    running.get(id)?.current() ?? (await stored(id)).value;

  const adopt = async ({ value, revision }: Stored<Operation>) => {
    const { id, kind, coordinator } = value;
    logger.warn({ operation: id, kind, coordinator }, "adopting an operation whose coordinator is gone");
    if (value.state !== "pending") {
      await start({ ...value, coordinator: self, updatedAtMs: epochMs() }, revision);
      return;
    }
    const error = { code: "CANCELLED", message: "its coordinator stopped before it began" };
    const end = { state: "failed", error, updatedAtMs: epochMs(), finishedAtMs: epochMs() } as const;
    await records.put({ ...value, ...end }, revision);
  };

  const adoptOrphans = async () => {
    const operations = await records.list();
    const alive = new Set((await store.coordinators()).map(({ id }) => id)).add(self);
    for (const operation of operations) {
      const { id, kind, coordinator, finishedAtMs } = operation.value;
      if (finishedAtMs !== undefined) {
        if (finishedAtMs < epochMs() - KEEP_FINISHED_MS) await records.delete(id);
      } else if (!changesCluster(kind) && !alive.has(coordinator)) {
        await adopt(operation).catch((error: unknown) => {
          // Its coordinator lives after all, or another leader was faster.
          if (!isOrreryError(error, "STATEMENT_CONFLICT")) throw error;
        });
      }
    }
  };

  const tend = async (leaderTerm: LeaderTerm) => {
    while (!leaderTerm.signal.aborted && !closing.signal.aborted) {
      try {
        await adoptOrphans();
        await finished.keep(leaderTerm, KEEP_FINISHED_MS);
      } catch (error) {
        if (!isOrreryError(error)) throw error;
        if (error.code === "NOT_LEADER") return;
      }
      await pause(TEND_INTERVAL_MS, AbortSignal.any([leaderTerm.signal, closing.signal]));
    }
  };

  const beginDeps = { records, finished, newId, epochMs, signal: closing.signal };
  const waitLimits = { limitMs: WAIT_FOR_END_MS, signal: closing.signal };

  return {
    adoptOrphans,
    async lead(leaderTerm) {
      await Promise.all([queue.lead(leaderTerm), tend(leaderTerm)]);
    },
    async beginChange(change) {
      const begun = await beginOnce(beginDeps, change);
      queue.wake();
      return waitForEnd(() => get(begun.id), waitLimits);
    },
    async findChange(change) {
      const known = await findEarlier(beginDeps, change);
      return known && waitForEnd(() => get(known.id), waitLimits);
    },

    async createCollection(request) {
      const spec = resolveSpec(request);
      const known = findCollection(map.current(), spec.name);
      if (known !== undefined && !hasSettings(known, spec)) {
        throw new OrreryError("COLLECTION_EXISTS", `collection ${spec.name} exists with other settings`);
      }
      return begin({ kind: "create_collection", arguments: argumentsOf(spec) });
    },
    async deleteCollection(name) {
      await mustExist(name);
      // The catalogs know which one has the name now.
      const catalog = await map.refresh({ signal: closing.signal });
      const { id: collection_id } = existing(findCollection(catalog, name), name);
      return begin({ kind: "delete_collection", arguments: { collection: name, collection_id } });
    },
    async deleteNamespace(collection, namespace) {
      await mustExist(collection);
      return begin({ kind: "delete_namespace", arguments: { collection, namespace } });
    },

    get,
    async list({ unfinished = false } = {}) {
      const inStore = await records.look();
      const kept = unfinished ? lookAt([]) : await finished.look(closing.signal);
      const live = inStore.operations.map(({ value }) => running.get(value.id)?.current() ?? value);
      const ids = new Set(live.map(({ id }) => id));
      const wanted = unfinished ? live.filter((operation) => !isFinished(operation)) : live;
      const ended = kept.operations.map(({ value }) => value).filter(({ id }) => !ids.has(id));
      return {
        operations: [...wanted, ...ended].sort(
          (a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1),
        ),
        unreadable: [...inStore.unreadable, ...kept.unreadable].map(({ value }) => value),
      };
    },
    async cancel(id) {
      for (;;) {
        const { value, revision } = await stored(id);
        if (isFinished(value) || value.state === "cancelling") return value;
        const cancelling: Operation = { ...value, state: "cancelling", updatedAtMs: epochMs() };
        try {
          await records.put(cancelling, revision);
        } catch (error) {
          // Its coordinator wrote meanwhile: look again.
          if (isOrreryError(error, "STATEMENT_CONFLICT")) continue;
          throw error;
        }
        running
          .get(id)
          ?.sync()
          .catch(() => undefined);
        queue.wake();
        return cancelling;
      }
    },
    async *watch(id, signal) {
      const pacer = createPacer();
      const listener = (operation: Operation) => {
        if (operation.id === id) pacer.wake();
      };
      listeners.add(listener);
      signal.addEventListener("abort", pacer.wake);
      try {
        let told = "";
        while (!signal.aborted) {
          const operation = await get(id);
          const json = JSON.stringify(operation);
          if (json !== told) yield operation;
          told = json;
          if (isFinished(operation)) return;
          await pacer.wait(WATCH_INTERVAL_MS);
        }
      } finally {
        listeners.delete(listener);
        signal.removeEventListener("abort", pacer.wake);
      }
    },

    async close() {
      closing.abort(new OrreryError("SHUTTING_DOWN", "this coordinator is shutting down"));
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  };
}
