/**
 * The operations of one coordinator, wired: those on collections and namespaces, which it begins and runs
 * itself, changes of the cluster, which the leader runs, and what is shown of both.
 */

import { setMaxListeners } from "node:events";
import type { CollectionSpec } from "../engines/engine.ts";
import type { FinishedOperations } from "../engines/finished-operations.ts";
import { isOrreryError, OrreryError } from "../errors.ts";
import type { Logger } from "../lib/logger.ts";
import { pause } from "../lib/pause.ts";
import { waitAtMost } from "../lib/wait-at-most.ts";
import { existing } from "../topology/collection-lookup.ts";
import { traitsOf } from "../topology/collection-traits.ts";
import type { CurrentMap } from "../topology/current-map.ts";
import type { LeaderTerm } from "../topology/leader.ts";
import { findCollection } from "../topology/shard-map.ts";
import { type AskedChange, beginOnce, findEarlier, type RecordedChange, waitForEnd } from "./begin-change.ts";
import { argumentsOf, createDataJobs, type DataJobDeps, hasSettings } from "./data-jobs.ts";
import { createDataOperations, type DataOperations } from "./data-operations.ts";
import { createFinishedRecords, type FinishedRecords } from "./finished-records.ts";
import type { Job } from "./job.ts";
import { createLeaderQueue } from "./leader-queue.ts";
import { createOperationApi } from "./operation-api.ts";
import { planUpdate } from "./plan-update.ts";
import { createRecords } from "./records.ts";
import { refuseOutdated } from "./refuse-outdated.ts";
import { createRunningOperations } from "./running-operations.ts";
import { KEEP_FINISHED_MS } from "./settle-ended.ts";
import type { AdminApi, ClusterOperationKind, Operation, OperationApi } from "./types.ts";
import { updateArguments } from "./update-collection.ts";

const WAIT_FOR_END_MS = 1_000;
const LEADER_TASK_INTERVAL_MS = 5_000;

export interface OperationsOptions extends DataJobDeps {
  readonly map: CurrentMap;
  /** Fills in the default number of shards. Throws INVALID_REQUEST naming the field. */
  readonly resolveSpec: (request: Parameters<AdminApi["createCollection"]>[0]) => CollectionSpec;
  /** Of this coordinator; another one after every start. */
  readonly id: string;
  readonly newId: () => string;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
  readonly logger: Logger;
  /** What changes the cluster, as far as the engine can. */
  readonly cluster?: { readonly jobs: Readonly<Partial<Record<ClusterOperationKind, Job>>> };
  /** Where the records of what has ended are kept. undefined: they stay in the store. */
  readonly finished?: FinishedOperations;
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
  beginChange(change: RecordedChange): Promise<Operation>;
  /** What a request with this id began before; waits up to a second for its end. INVALID_REQUEST as above. */
  findChange(change: AskedChange): Promise<Operation | undefined>;
  /** The leader tasks: runs changes of the cluster, adopts orphans, archives what has ended. */
  lead(leaderTerm: LeaderTerm): Promise<void>;
  /** Ends what runs here without finishing it: another coordinator adopts it. */
  close(): Promise<void>;
}

export function createOperations(options: OperationsOptions): Operations {
  const { store, id: self, newId, epochMs, logger } = options;
  const closing = new AbortController();
  const { signal } = closing;
  // Each request and each operation under way has a listener, which is not a leak.
  setMaxListeners(0, signal);
  const records = createRecords(store);
  const finished = createFinishedRecords(options.finished, { records, epochMs, logger });
  const common = { records, finished, newId, epochMs, logger, self, closing: signal };
  const running = createRunningOperations({
    ...common,
    jobs: { ...createDataJobs(options), ...options.cluster?.jobs },
  });
  const queue = createLeaderQueue({ ...common, running });
  const data = createDataOperations({ ...common, store, running });
  const api = createOperationApi({ ...common, running, wakeQueue: queue.wake });

  const beginDeps = { records, finished, newId, epochMs, signal };
  const waitForIt = (id: string) => waitForEnd(() => api.get(id), { limitMs: WAIT_FOR_END_MS, signal });
  return {
    ...api,
    ...createAdmin(options, data, signal),
    adoptOrphans: () => data.adoptOrphans(KEEP_FINISHED_MS),
    async lead(leaderTerm) {
      await Promise.all([
        queue.lead(leaderTerm),
        maintainRecords({ data, finished, closing: signal }, leaderTerm),
      ]);
    },
    async beginChange(change) {
      const begun = await beginOnce(beginDeps, change);
      queue.wake();
      return waitForIt(begun.id);
    },
    async findChange(change) {
      const known = await findEarlier(beginDeps, change);
      return known && waitForIt(known.id);
    },
    async close() {
      closing.abort(new OrreryError("SHUTTING_DOWN", "this coordinator is shutting down"));
      await running.allEnded();
    },
  };
}

function createAdmin(
  { store, map, resolveSpec }: Pick<OperationsOptions, "store" | "map" | "resolveSpec">,
  data: Pick<DataOperations, "begin">,
  closing: AbortSignal,
): AdminApi {
  const begin = async (request: Pick<Operation, "kind" | "arguments">, requestedBy = "") => {
    const run = await data.begin({ ...request, requestedBy });
    await waitAtMost(run.ended, WAIT_FOR_END_MS, closing);
    return run.current();
  };
  const mustExist = async (name: string) => {
    const known = findCollection(map.current(), name);
    return known ?? existing(findCollection(await map.refreshRarely(closing), name), name);
  };
  return {
    async createCollection(request, requestedBy) {
      const spec = resolveSpec(request);
      const known = findCollection(map.current(), spec.name);
      if (known !== undefined && !hasSettings(known, spec)) {
        throw new OrreryError("COLLECTION_EXISTS", `collection ${spec.name} exists with other settings`);
      }
      if (traitsOf(spec).length > 0) refuseOutdated(spec, await store.coordinators());
      return begin({ kind: "create_collection", arguments: argumentsOf(spec) }, requestedBy);
    },
    async updateCollection(request, requestedBy) {
      await mustExist(request.name);
      const catalog = await map.refresh({ signal: closing });
      const update = planUpdate(request, existing(findCollection(catalog, request.name), request.name));
      return begin({ kind: "update_collection", arguments: updateArguments(update) }, requestedBy);
    },
    async deleteCollection(name, requestedBy) {
      await mustExist(name);
      // The catalogs know which collection has the name now.
      const catalog = await map.refresh({ signal: closing });
      const { id: collection_id } = existing(findCollection(catalog, name), name);
      return begin(
        { kind: "delete_collection", arguments: { collection: name, collection_id } },
        requestedBy,
      );
    },
    async deleteNamespace(collection, namespace, requestedBy) {
      await mustExist(collection);
      return begin({ kind: "delete_namespace", arguments: { collection, namespace } }, requestedBy);
    },
  };
}

/** A leader task: adopts orphans and archives what has ended, until the term is over. */
async function maintainRecords(
  {
    data,
    finished,
    closing,
  }: {
    readonly data: Pick<DataOperations, "adoptOrphans">;
    readonly finished: Pick<FinishedRecords, "archive">;
    readonly closing: AbortSignal;
  },
  leaderTerm: LeaderTerm,
): Promise<void> {
  while (!leaderTerm.signal.aborted && !closing.aborted) {
    try {
      await data.adoptOrphans(KEEP_FINISHED_MS);
      await finished.archive(leaderTerm, KEEP_FINISHED_MS);
    } catch (error) {
      if (!isOrreryError(error)) throw error;
      if (error.code === "NOT_LEADER") return;
    }
    await pause(LEADER_TASK_INTERVAL_MS, AbortSignal.any([leaderTerm.signal, closing]));
  }
}
