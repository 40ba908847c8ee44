/** The leader task that calibrates collections: what was never measured at once, the rest off-peak. */

import type { Calibrations } from "../../engines/engine.ts";
import { isOrreryError } from "../../errors.ts";
import type { Logger } from "../../lib/logger.ts";
import { createOutageLog } from "../../lib/outage-log.ts";
import { pause } from "../../lib/pause.ts";
import { recallTargetOf } from "../../query/plan/recall-settings.ts";
import type { LeaderTask } from "../../topology/leader.ts";
import type { Collection, Shard, ShardMap } from "../../topology/shard-map.ts";
import type { Calibration } from "../measured.ts";
import { settingsOf } from "../settings-of.ts";
import { decodeCalibrations } from "../stored-calibrations.ts";
import { type CalibrationSources, calibrateClass, readBuilds } from "./calibrate-class.ts";
import { ShardAsker, type ShardAskerOptions } from "./shard-asker.ts";
import { type ClassOfCollection, changedBuilds, classesOf, type DueReason, whyDue } from "./what-is-due.ts";

export interface CalibrationOptions extends ShardAskerOptions, Pick<CalibrationSources, "seen"> {
  readonly stored: Calibrations;
  readonly map: () => ShardMap;
  /** Estimated; undefined without statistics. */
  readonly rowsOf: (collection: Collection, shard: Shard) => number | undefined;
  readonly leastRows: number;
  readonly intervalMs: number;
  /** Whether it is the time of day to measure again what was measured before. */
  readonly isOffPeak: () => boolean;
  /** Called when a calibration was stored, so that this coordinator uses it at once. */
  readonly onStored: (signal: AbortSignal) => Promise<void>;
  readonly logger: Logger;
}

export interface CalibrationTask {
  readonly task: LeaderTask;
  /** A sample of the collection had a recall below what searches were promised: it is measured again. */
  noteLow(collectionId: number): void;
}

export function createCalibrationTask(options: CalibrationOptions): CalibrationTask {
  const low = new Set<number>();
  return {
    noteLow: (collectionId) => low.add(collectionId),
    async task({ term, signal }) {
      const outage = createOutageLog(options.logger, "calibrate the recall", options.monotonicMs);
      while (!signal.aborted) {
        try {
          await calibrateDue(options, { term, signal, low });
          outage.worked();
        } catch (error) {
          if (signal.aborted) return;
          // Another leader has begun; this one notices by itself.
          if (isOrreryError(error, "NOT_LEADER")) return await pause(2 ** 30, signal);
          // An older schema keeps none.
          if (!isOrreryError(error, "NODE_NOT_MIGRATED")) outage.failed(error);
        }
        await pause(options.intervalMs, signal);
      }
    },
  };
}

interface Run {
  readonly term: number;
  readonly signal: AbortSignal;
  /** Collections with a sample that was too low. */
  readonly low: Set<number>;
}

/** One after another, so that no node is asked for two of them at once. */
async function calibrateDue(options: CalibrationOptions, { term, signal, low }: Run): Promise<void> {
  const { stored, map, rowsOf, leastRows, logger, onStored, seen } = options;
  const { collections } = map();
  const rows = await stored.read(signal);
  const calibrations = decodeCalibrations(rows);
  if (rows.some(({ collectionId }) => !collections.some(({ id }) => id === collectionId)))
    await stored.forgetDropped({ term }, signal);
  const asker = new ShardAsker(options, signal);
  const isLow = ({ id }: Collection) => low.has(id);
  for (const known of classesOf({ collections, rowsOf, calibrations, isLow, leastRows })) {
    const { collection } = known;
    const names = { collection: collection.name, sizeClass: known.sizeClass, fanOut: known.fanOut };
    try {
      const why = await whyNow(known, { isLow, isOffPeak: options.isOffPeak }, asker);
      if (why === undefined) continue;
      const lines = await calibrateClass(
        known,
        { seen, rowsOf: (of, shard) => rowsOf(of, shard) ?? 0 },
        asker,
      );
      if (lines.length === 0) continue;
      await stored.put(lines, { term }, signal);
      low.delete(collection.id);
      report({ collection, lines, why }, logger);
      await onStored(signal);
    } catch (error) {
      signal.throwIfAborted();
      // A shard that moves, or a node that is away: the others are measured, and this one later.
      if (!isOrreryError(error) || error.code === "NOT_LEADER") throw error;
      logger.info({ ...names, code: error.code }, `recall not measured: ${error.message}`);
    }
  }
}

interface Now {
  readonly isLow: (collection: Collection) => boolean;
  readonly isOffPeak: () => boolean;
}

async function whyNow(
  known: ClassOfCollection,
  { isLow, isOffPeak }: Now,
  asker: ShardAsker,
): Promise<DueReason | undefined> {
  const why = whyDue(known, { isLow });
  if (why === "first" || !isOffPeak()) return why === "first" ? why : undefined;
  if (why !== undefined || known.line === undefined) return why;
  const builds = await readBuilds(known.collection, known.shards, asker);
  return changedBuilds(known.line.measured.builds, builds) ? "rebuilt" : undefined;
}

interface Stored {
  readonly collection: Collection;
  readonly lines: readonly Calibration[];
  readonly why: DueReason;
}

function report({ collection, lines, why }: Stored, logger: Logger): void {
  const target = recallTargetOf(collection);
  for (const { sizeClass, fanOut, namespace, measured } of lines) {
    const settings = target >= 1 ? undefined : settingsOf(measured, { target, topK: 10 });
    const facts = {
      collection: collection.name,
      sizeClass,
      fanOut,
      ...(namespace !== "" && { namespace }),
      why,
      queries: measured.queries,
      target,
    };
    if (settings === "exact")
      logger.warn(
        facts,
        "recall measured: no index scan reaches the target, so records are compared one by one",
      );
    else logger.info({ ...facts, ...settings }, "recall measured");
  }
}
