/**
 * The composition root: builds every part, hands each what it needs, and knows the order to start and stop
 * them.
 */
import { randomUUID } from "node:crypto";
import type { Config } from "../config/load.ts";
import type { Logger } from "../lib/logger.ts";
import { packageVersion } from "../lib/package-root.ts";
import { withReleasers } from "../lib/releasers.ts";
import { TurnQueue } from "../lib/turns.ts";
import { startAdministration } from "./administration.ts";
import { checkConfig, checkListenAddresses } from "./check-config.ts";
import type { CoordinatorContext } from "./coordinator-context.ts";
import { startIndexUpkeep } from "./index-upkeep.ts";
import { startMapAndNodes } from "./map-and-nodes.ts";
import { createObservation, observeCluster } from "./observation.ts";
import { startPlanChecks } from "./plan-checks.ts";
import { startCalibrating } from "./recall.ts";
import { reportSlowStart } from "./report-slow-start.ts";
import { startRequestPipelines } from "./request-pipelines.ts";
import { type Addresses, startServers } from "./servers.ts";
import { startLeading } from "./start-leading.ts";
import { warnOfUnusedSettings } from "./warn-of-settings.ts";

export interface Coordinator extends Addresses {
  /**
   * Takes no new calls, lets those under way finish, then closes everything. Every call returns the same
   * promise.
   */
  stop(): Promise<void>;
}

/**
 * Stopping makes several calls to etcd in turn, each of which may time out: the one in flight, resigning, and
 * those that the tasks make as they end.
 */
const LEADER_STOP_MS = 30_000;

/** Resolves when the server listens, with or without a map; without one it is not ready, and keeps trying. */
export async function startCoordinator(config: Config, logger: Logger): Promise<Coordinator> {
  checkConfig(config);
  await checkListenAddresses(config);
  const report = reportSlowStart(logger);
  try {
    const { value, stop } = await withReleasers((defer) =>
      build({
        config,
        id: randomUUID(),
        version: packageVersion(),
        logger,
        monotonicMs: () => performance.now(),
        turns: new TurnQueue(),
        step: report.step,
        defer,
      }),
    );
    return { ...value, stop };
  } finally {
    report.end();
  }
}

/** What starts first stops last. */
async function build(context: CoordinatorContext): Promise<Addresses> {
  const { config, id, logger, monotonicMs, step, defer } = context;
  const observation = createObservation(context);
  const { metrics, observers } = observation;
  const cluster = await startMapAndNodes(context, metrics);
  const { store, storage, map } = cluster;
  warnOfUnusedSettings(config, map, logger);
  const { engine } = storage;
  const leading = startLeading({
    store,
    engine,
    map,
    intervals: config.topology,
    id,
    logger,
    monotonicMs,
  });
  defer("leader", () => leading.close(), LEADER_STOP_MS);
  step("asking the nodes for a sign of life");
  const requests = await startRequestPipelines(context, cluster, observers);
  const admin = startAdministration(context, {
    ...cluster,
    leading,
    requests,
    observer: metrics.operations,
  });
  const plans = startPlanChecks(context, { ...cluster, leading, ...requests });
  const calibration = startCalibrating(context, { ...cluster, leading, ...requests });
  const collectors = observeCluster(context, { ...cluster, metrics, leading, requests, calibration, plans });
  startIndexUpkeep(context, { ...cluster, ...admin, leading, collectors });
  step("opening the ports");
  const addresses = await startServers(context, { cluster, leading, requests, admin, plans, observation });
  logger.info(
    {
      id,
      engine: engine.kind,
      rpc: addresses.address,
      http: addresses.httpAddress,
      epoch: map.current().epoch,
    },
    "coordinator started",
  );
  return addresses;
}
