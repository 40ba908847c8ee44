/** The leader with the tasks that need nothing but the engine. Part of the composition root. */
import type { Engine } from "../engines/engine.ts";
import type { Logger } from "../lib/logger.ts";
import { createNodeChecks, type NodeChecks } from "../topology/check-nodes.ts";
import type { CurrentMap } from "../topology/current-map.ts";
import { type Leader, startLeader } from "../topology/leader.ts";
import type { MapStore } from "../topology/map-store.ts";
import { createMapPublisher, type MapPublisher } from "../topology/publish-map.ts";

export interface LeadingOptions {
  readonly store: MapStore;
  readonly engine: Pick<Engine, "raiseTerm" | "readMap" | "check">;
  readonly map: Pick<CurrentMap, "current">;
  readonly intervals: { readonly publishIntervalMs: number; readonly checkIntervalMs: number };
  /** Of this coordinator. */
  readonly id: string;
  readonly logger: Logger;
  readonly monotonicMs: () => number;
}

export type Leading = Leader & Pick<MapPublisher, "publishNow"> & Pick<NodeChecks, "findings">;

/** Campaigns until closed; on the leader the map is published and the nodes are checked. */
export function startLeading(options: LeadingOptions): Leading {
  const { store, engine, map, intervals, id, logger, monotonicMs } = options;
  const publisher = createMapPublisher({
    store,
    readCatalog: (read) => engine.readMap(read),
    map,
    intervalMs: intervals.publishIntervalMs,
    logger,
    monotonicMs,
  });
  const checks = createNodeChecks({
    check: (signal) => engine.check(signal),
    intervalMs: intervals.checkIntervalMs,
    logger,
    monotonicMs,
  });
  const leader = startLeader({
    store,
    raiseTerm: (holder, signal) => engine.raiseTerm(holder, signal),
    id,
    logger,
    monotonicMs,
  });
  leader.addTask(publisher.task);
  leader.addTask(checks.task);
  const findings = () => [...checks.findings(), ...publisher.findings()];
  return { ...leader, publishNow: publisher.publishNow, findings };
}
