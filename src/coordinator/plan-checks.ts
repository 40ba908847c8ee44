/** Checks how PostgreSQL plans searches. Part of the composition root. */
import { createPlanChecks, type PlanChecks } from "../shards/plan-checks.ts";
import type { RowStatistics } from "../shards/row-statistics.ts";
import type { Leader } from "../topology/leader.ts";
import type { CoordinatorContext } from "./coordinator-context.ts";
import type { MapAndNodes } from "./map-and-nodes.ts";

export interface PlanChecksParts extends Pick<MapAndNodes, "storage" | "map"> {
  readonly leading: Pick<Leader, "addTask">;
  readonly estimates: Pick<RowStatistics, "shardRows">;
}

/** On the leader, in the background. */
export function startPlanChecks(
  { logger, monotonicMs }: CoordinatorContext,
  { storage: { engine, nodes }, map, leading, estimates }: PlanChecksParts,
): PlanChecks {
  const checks = createPlanChecks({
    nodes: nodes.upkeep,
    map: map.current,
    relationOf: engine.readRelation,
    rowsOf: (collection, shard) => estimates.shardRows(collection, shard),
    logger,
    monotonicMs,
  });
  leading.addTask(checks.task);
  return checks;
}
