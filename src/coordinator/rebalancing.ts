/** Planning and the schedule, as the configuration wants them. Part of the composition root. */
import { randomUUID } from "node:crypto";
import type { Config } from "../config/load.ts";
import type { Engine } from "../engines/engine.ts";
import type { RuntimePlacement } from "../engines/runtime-placement.ts";
import type { Logger } from "../lib/logger.ts";
import type { Defer } from "../lib/releasers.ts";
import type { ClusterAdminApi } from "../operations/cluster-admin-api.ts";
import type { OperationsObserver } from "../operations/observer.ts";
import { startSchedule } from "../operations/schedule.ts";
import type { RebalanceApi } from "../rebalance/api.ts";
import { createInventory, type Inventory, type InventoryDeps } from "../rebalance/inventory.ts";
import { createPlanner } from "../rebalance/planner.ts";
import { unsupportedRebalance } from "../rebalance/unsupported-rebalance.ts";

/** The placement of the engine with the inventory that planning and the checks of changes share. */
export interface SharedPlacement extends RuntimePlacement {
  readonly inventory: Inventory;
}

/** undefined where the placement is fixed. */
export function sharePlacement(
  { rebalance }: Config,
  { placement }: Engine,
  known: Pick<InventoryDeps, "store" | "map">,
): SharedPlacement | undefined {
  if (placement === undefined) return undefined;
  const inventory = createInventory({
    ...known,
    read: placement.readCluster,
    epochMs: Date.now,
    limitsLag: rebalance.maxLagBytes > 0,
  });
  return { ...placement, inventory };
}

/** Refuses by name where the placement is fixed. */
export function createRebalance(
  { rebalance, engine }: Config,
  placement: SharedPlacement | undefined,
): RebalanceApi {
  if (placement === undefined) return unsupportedRebalance(engine);
  return createPlanner({
    inventory: placement.inventory,
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
