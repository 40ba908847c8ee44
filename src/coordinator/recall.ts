/** Searches by measured recall, and the measuring. Part of the composition root. */

import type { RecallTarget } from "../metrics/cluster-metrics.ts";
import { windowEnd } from "../operations/schedule-window.ts";
import { recallTargetOf } from "../query/plan/recall-settings.ts";
import type { QueryObserver } from "../query/query-observer.ts";
import { type CalibrationTask, createCalibrationTask } from "../recall/calibrate/calibrate-when-due.ts";
import { indexNameOf } from "../recall/measured.ts";
import { QueryReservoir } from "../recall/query-reservoir.ts";
import { settingsOf } from "../recall/settings-of.ts";
import { type CalibratedRecall, startCalibratedRecall } from "../recall/stored-calibrations.ts";
import type { RowStatistics } from "../shards/row-statistics.ts";
import type { Leader } from "../topology/leader.ts";
import type { Collection } from "../topology/shard-map.ts";
import type { CoordinatorContext } from "./coordinator-context.ts";
import type { MapAndNodes } from "./map-and-nodes.ts";

export interface Recall {
  readonly model: CalibratedRecall;
  readonly reservoir: QueryReservoir;
  /** Sees what is searched for, where recall is measured. */
  readonly observers: readonly Partial<QueryObserver>[];
}

/** By what earlier leaders have measured. */
export function startRecall(
  { config: { recall }, logger, monotonicMs, defer }: CoordinatorContext,
  { storage }: Pick<MapAndNodes, "storage">,
): Recall {
  const { intervalMs } = recall;
  const stored = storage.engine.calibrations;
  const model = startCalibratedRecall({ stored, intervalMs, logger, monotonicMs });
  defer("calibrations of recall", () => model.close());
  const reservoir = new QueryReservoir();
  return { model, reservoir, observers: recall.enabled ? [reservoir] : [] };
}

export interface CalibratingParts extends Pick<MapAndNodes, "storage" | "map"> {
  readonly leading: Pick<Leader, "addTask">;
  readonly estimates: Pick<RowStatistics, "shardRows">;
  readonly recall: Recall;
}

/** On the leader, in the background; undefined where recall is not to be measured. */
export function startCalibrating(
  { config: { recall: settings }, logger, monotonicMs }: CoordinatorContext,
  { storage: { engine, nodes }, map, leading, estimates, recall }: CalibratingParts,
): CalibrationTask | undefined {
  if (!settings.enabled) return undefined;
  const { cpuShare, leastRows, intervalMs, window } = settings;
  const calibration = createCalibrationTask({
    stored: engine.calibrations,
    nodes: nodes.upkeep,
    relationOf: engine.readRelation,
    map: map.current,
    rowsOf: (collection, shard) => estimates.shardRows(collection, shard.id),
    seen: ({ name, dimension }) => recall.reservoir.queriesOf(name, dimension),
    isOffPeak: () => windowEnd(window, Date.now()) !== undefined,
    onStored: recall.model.read,
    cpuShare,
    leastRows,
    intervalMs,
    logger,
    monotonicMs,
  });
  leading.addTask(calibration.task);
  return calibration;
}

/** What searches of the collection want, for the gauges. */
export function recallTargetIn(
  collection: Collection,
  model: Pick<CalibratedRecall, "calibrations">,
): RecallTarget {
  const target = recallTargetOf(collection);
  const index = indexNameOf(collection);
  const lines = model
    .calibrations()
    .filter(({ collectionId, measured }) => collectionId === collection.id && measured.index === index);
  const isUnreached =
    target < 1 && lines.some(({ measured }) => settingsOf(measured, { target, topK: 10 }) === "exact");
  return { table: collection.table, target, isUnreached };
}
