/**
 * What the leader has built anew without being asked: the index of a shard that was to have a graph of its
 * own and came without it from a move; and, where a time of day is set for it, indexes that have grown much
 * since they were built. Each is an operation like those that are asked for.
 */

import type { Engine } from "../engines/engine.ts";
import type { IndexChanges } from "../engines/placement-changes.ts";
import { isOrreryError } from "../errors.ts";
import type { Logger } from "../lib/logger.ts";
import { createOutageLog } from "../lib/outage-log.ts";
import { repeat } from "../lib/repeat.ts";
import type { LeaderTask } from "../topology/leader.ts";
import type { Catalog, ShardId } from "../topology/shard-map.ts";
import { primaryName } from "./changes/find-in-catalog.ts";
import { reindexShard } from "./changes/reindex-shard.ts";
import type { ClusterAdminApi } from "./cluster-admin-api.ts";
import { isFinished } from "./records.ts";
import { windowEnd } from "./schedule-window.ts";
import type { OperationApi } from "./types.ts";

export interface IndexUpkeepSettings {
  /** `HH:MM-HH:MM`, UTC, in which grown indexes are built anew; undefined: never. */
  readonly window?: string | undefined;
  /** How many times the space per record that an index took after its build makes it worth another one. */
  readonly leastBloat: number;
}

export interface IndexUpkeepDeps {
  readonly changes: Pick<IndexChanges, "readCatalog" | "vectorIndex">;
  readonly relations: Pick<Engine, "readRelation">;
  readonly admin: ClusterAdminApi;
  readonly operations: Pick<OperationApi, "list">;
  /** By shard: space per record against what it was after the build, as last sampled. */
  readonly bloat: () => ReadonlyMap<ShardId, number>;
  readonly settings: IndexUpkeepSettings;
  readonly intervalMs: number;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
  /** Milliseconds; only differences matter. */
  readonly monotonicMs: () => number;
}

/** As operations say who asked. */
const UPKEEP = "index upkeep";

/** Runs until the leader term is over. */
export function createIndexUpkeep(deps: IndexUpkeepDeps): LeaderTask {
  const { intervalMs, logger, monotonicMs } = deps;
  return async ({ signal }) => {
    const outage = createOutageLog(logger, "look for indexes to build anew", monotonicMs);
    /** Shards whose index was built in the window that ends then, whatever came of it. */
    const scheduled = new Map<ShardId, number>();
    const once = async () => {
      try {
        await beginDue(deps, scheduled, signal);
        outage.worked();
      } catch (error) {
        if (signal.aborted) return;
        if (!isOrreryError(error)) throw error;
        // A schema that keeps no settings has no such shards.
        if (error.code !== "NODE_NOT_MIGRATED") outage.failed(error);
      }
    };
    await repeat(once, intervalMs, signal);
  };
}

async function beginDue(
  deps: IndexUpkeepDeps,
  scheduled: Map<ShardId, number>,
  signal: AbortSignal,
): Promise<void> {
  const { operations } = await deps.operations.list({ unfinished: true });
  const unfinished = operations.filter((operation) => !isFinished(operation));
  const builds = unfinished.filter(({ kind }) => kind === reindexShard.kind);
  const catalog = await deps.changes.readCatalog(signal);
  // One that moves is looked at when it has arrived.
  const busy = new Set(unfinished.map(({ arguments: { shard } }) => Number(shard)));
  for (const shard of await findOthers(deps, catalog, signal)) {
    if (!busy.has(shard)) await begin(deps, shard, "it was built with other settings than were asked for");
  }
  const { window } = deps.settings;
  const endMs = window === undefined ? undefined : windowEnd(window, deps.epochMs());
  if (endMs === undefined || builds.length > 0) return;
  const [grown] = [...deps.bloat()]
    .filter(([shard, bloat]) => bloat >= deps.settings.leastBloat && scheduled.get(shard) !== endMs)
    .filter(([shard]) => !busy.has(shard) && isThere(catalog, shard))
    .toSorted((a, b) => b[1] - a[1]);
  if (grown === undefined) return;
  scheduled.set(grown[0], endMs);
  await begin(deps, grown[0], `it has grown to ${grown[1].toFixed(1)} times its size when built`);
}

/** Shards that were to have a graph of their own and have another one. */
async function findOthers(
  { changes, relations }: IndexUpkeepDeps,
  catalog: Catalog,
  signal: AbortSignal,
): Promise<readonly ShardId[]> {
  const found: ShardId[] = [];
  for (const collection of catalog.collections) {
    for (const [id, wanted] of Object.entries(collection.settings?.graphs ?? {})) {
      const shard = collection.shards.find((other) => String(other.id) === id);
      if (shard === undefined) continue;
      const relation = relations.readRelation(collection, shard.id);
      const present = await changes.vectorIndex(primaryName(catalog, shard.group), relation, signal);
      if (present === undefined || present.marks.length > 0) continue;
      const { m, efConstruction } = present.graph;
      if (m !== wanted.m || efConstruction !== wanted.efConstruction) found.push(shard.id);
    }
  }
  return found;
}

function isThere(catalog: Catalog, shard: ShardId): boolean {
  const collection = catalog.collections.find(({ shards }) => shards.some(({ id }) => id === shard));
  return collection !== undefined && collection.settings?.index === undefined;
}

async function begin({ admin, logger }: IndexUpkeepDeps, shard: ShardId, why: string): Promise<void> {
  try {
    const { id } = await admin.begin(reindexShard, { shard }, { requestedBy: UPKEEP, dryRun: false });
    logger.info({ shard, operation: id, why }, "building the index of a shard anew");
  } catch (error) {
    if (!isOrreryError(error)) throw error;
    logger.warn({ shard, code: error.code, why }, `the index of a shard is not built anew: ${error.message}`);
  }
}
