/** Connections of the two servers, and what was refused there. */
import type { Registry } from "prom-client";
import type { ConnectionObserver } from "../api/connection-observer.ts";
import { addCounter, addReadMetric } from "./families.ts";
import type { HttpObserver } from "./http-connections.ts";

export interface ConnectionMetrics {
  readonly grpc: ConnectionObserver;
  readonly http: HttpObserver;
}

export function connectionMetrics(registry: Registry): ConnectionMetrics {
  const open = { grpc: 0, http: 0 };
  let held = { requests: 0, answers: 0 };
  addReadMetric(registry, { name: "orrery_connections", help: "Open connections.", type: "gauge" }, () =>
    Object.entries(open).map(([server, value]) => ({ labels: { server }, value })),
  );
  addReadMetric(
    registry,
    {
      name: "orrery_connections_held_bytes",
      help: "Bytes held by requests that are not complete, and by answers not read yet.",
      type: "gauge",
    },
    () => Object.entries(held).map(([of, value]) => ({ labels: { of }, value })),
  );
  const refusals = addCounter(registry, {
    name: "orrery_connection_refusals_total",
    help: "Connections and calls that were ended for what their client did, or for a limit.",
    labelNames: ["server", "reason"],
  });
  const observer = (server: keyof typeof open) => ({
    opened() {
      open[server] += 1;
    },
    closed() {
      open[server] -= 1;
    },
    refused: (reason: string) => refusals.of(server, reason).add(),
  });
  return {
    grpc: {
      ...observer("grpc"),
      held(bytes) {
        held = bytes;
      },
    },
    http: observer("http"),
  };
}
