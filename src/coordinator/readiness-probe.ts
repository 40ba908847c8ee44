/** Whether this coordinator may be sent requests: `/readyz` and gRPC health. Part of the composition root. */
import type { RpcServer } from "../api/grpc/server.ts";
import type { Defer } from "../lib/releasers.ts";
import { isReady, type Readiness } from "../metrics/readiness.ts";
import type { MapAndNodes } from "./map-and-nodes.ts";
import { groupsByHealth, secondsSinceAnswer } from "./node-health.ts";
import { runPeriodically } from "./run-periodically.ts";

const HEALTH_INTERVAL_MS = 1_000;

export interface ReadinessProbe {
  read(): Readiness;
  /** Whether gRPC takes calls; false at first. */
  setRpcListening(listening: boolean): void;
}

export function createReadinessProbe({ map, storage: { nodes } }: MapAndNodes): ReadinessProbe {
  let rpcListening = false;
  return {
    read: () => {
      const { up, down } = groupsByHealth(map.current(), nodes);
      return {
        mapLoaded: map.loaded(),
        rpcListening,
        secondsSinceAnswer: secondsSinceAnswer(map.current(), nodes),
        groupsUp: up,
        groupsDown: down,
        mapStoreReachable: map.storeReachable(),
      };
    },
    setRpcListening(listening) {
      rpcListening = listening;
    },
  };
}

/** Sets gRPC health at once and every second after that. */
export function startHealthUpdates(
  defer: Defer,
  rpc: Pick<RpcServer, "setServing">,
  readiness: Pick<ReadinessProbe, "read">,
): void {
  const update = () => rpc.setServing(isReady(readiness.read()));
  update();
  runPeriodically(defer, { name: "health", everyMs: HEALTH_INTERVAL_MS }, async () => update());
}
