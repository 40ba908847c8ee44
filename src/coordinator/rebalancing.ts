/** Planning and the schedule, as the configuration wants them. Part of the composition root. */
import { randomUUID } from "node:crypto";
import type { Config } from "../config/load.ts";
import type { Logger } from "../lib/logger.ts";
import type { Defer } from "../lib/releasers.ts";
import type { ClusterAdminApi } from "../operations/cluster-admin-api.ts";
import type { OperationsObserver } from "../operations/observer.ts";
import { startSchedule } from "../operations/schedule.ts";
import type { RebalanceApi } from "../rebalance/api.ts";
import { createInventory, type InventoryDeps } from "../rebalance/inventory.ts";
import { createPlanner } from "../rebalance/planner.ts";
import { unsupportedRebalance } from "../rebalance/unsupported-rebalance.ts";
import type { Storage } from "./storage.ts";

/** Refuses by name where the placement is fixed. */
export function createRebalance(
  { rebalance, engine }: Config,
  { placement }: Storage,
  known: Pick<InventoryDeps, "store" | "map">,
): RebalanceApi {
  if (placement === undefined) return unsupportedRebalance(engine);
  return createPlanner({
    inventory: createInventory({
      ...known,
      read: placement.read,
      epochMs: Date.now,
      limitsLag: rebalance.maxLagBytes > 0,
    }),
    plans: placement.plans,
    readPins: placement.readPins,
    defaults: { strategy: rebalance.strategy, threshold: rebalance.threshold },
    newId: randomUUID,
    epochMs: Date.now,
  });
}

/** Nothing without `rebalance.schedule`. Throws CONFIG_INVALID when that is no cron expression. */
export function startScheduledRebalances(
  { schedule, window, movesPerNode }: Config["rebalance"],
  {
    defer,
    ...deps
  }: {
    readonly rebalance: RebalanceApi;
    readonly admin: ClusterAdminApi;
    readonly isLeader: () => boolean;
    readonly observer: OperationsObserver;
    readonly logger: Logger;
    readonly defer: Defer;
  },
): void {
  if (schedule === undefined) return;
  const started = startSchedule({ schedule, window, movesPerNode }, { ...deps, epochMs: Date.now });
  defer("schedule of rebalances", async () => started.close());
}
