/** Everything Prometheus is told, in one place; docs/metrics.md explains each. No label ever holds a user's name. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { QueryObserver } from "../query/types.ts";
import type { RpcObserver } from "../rpc/rpc-observer.ts";
import type { WriteObserver } from "../write/types.ts";
import { addGauges, type GaugeSources } from "./gauges.ts";

export interface Metrics {
  readonly query: QueryObserver;
  readonly write: WriteObserver;
  readonly rpc: RpcObserver;
  /** To be called once, when what the gauges show is there. */
  addGauges(sources: GaugeSources): void;
  /** What a scrape gets. */
  exposition(): Promise<{ readonly contentType: string; readonly text: string }>;
}

const LATENCY_SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];
const TARGETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
const RPC_CODES = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
];

/** The series of `methods` (`orrery.v1.Service/Method`) are there from the start, at 0, so that a first error is seen as a rise. */
export function createMetrics(options: {
  readonly version: string;
  readonly methods: readonly string[];
}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: "orrery_build_info",
    help: "Always 1; the label says which version runs.",
    labelNames: ["version"],
    registers: [registry],
  }).set({ version: options.version }, 1);
  return {
    ...statementMetrics(registry),
    rpc: rpcMetrics(registry, options.methods),
    addGauges: (sources) => addGauges(registry, sources),
    exposition: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

function rpcMetrics(registry: Registry, methods: readonly string[]): RpcObserver {
  const requests = new Counter({
    name: "orrery_rpc_requests_total",
    help: "Finished calls by method and gRPC status.",
    labelNames: ["method", "code"],
    registers: [registry],
  });
  const duration = new Histogram({
    name: "orrery_rpc_duration_seconds",
    help: "Time from the request to the end of its answer.",
    labelNames: ["method"],
    buckets: LATENCY_SECONDS,
    registers: [registry],
  });
  const inFlight = new Gauge({
    name: "orrery_rpc_in_flight",
    help: "Calls under way.",
    registers: [registry],
  });
  for (const method of methods) {
    duration.zero({ method });
    for (const code of RPC_CODES) requests.inc({ method, code }, 0);
  }
  return {
    started: () => inFlight.inc(),
    finished: ({ method, code, elapsedMs }) => {
      inFlight.dec();
      requests.inc({ method, code });
      duration.observe({ method }, elapsedMs / 1000);
    },
  };
}

function statementMetrics(registry: Registry): { query: QueryObserver; write: WriteObserver } {
  const phases = new Histogram({
    name: "orrery_search_phase_duration_seconds",
    help: "Time a search spent in plan, scatter and merge, and in total.",
    labelNames: ["phase"],
    buckets: LATENCY_SECONDS,
    registers: [registry],
  });
  const targets = new Histogram({
    name: "orrery_search_targets",
    help: "Hash ranges a search asked.",
    buckets: TARGETS,
    registers: [registry],
  });
  const incomplete = new Counter({
    name: "orrery_searches_incomplete_total",
    help: "Searches answered without some of their targets, as the caller allowed.",
    registers: [registry],
  });
  const duration = new Histogram({
    name: "orrery_statement_duration_seconds",
    help: "Time of one statement on one node group, waiting for a connection included.",
    labelNames: ["kind", "group"],
    buckets: LATENCY_SECONDS,
    registers: [registry],
  });
  const errors = new Counter({
    name: "orrery_statement_errors_total",
    help: "Statements that failed, by the code of docs/errors.md.",
    labelNames: ["kind", "group", "code"],
    registers: [registry],
  });
  const reroutes = new Counter({
    name: "orrery_reroutes_total",
    help: "Targets that were sent elsewhere after a node refused them.",
    labelNames: ["group", "code"],
    registers: [registry],
  });
  const askedAgain = new Counter({
    name: "orrery_asked_again_total",
    help: "Targets whose index came back short and that were asked again exactly.",
    registers: [registry],
  });
  const written = new Counter({
    name: "orrery_records_written_total",
    help: "Records sent in write statements that succeeded.",
    labelNames: ["group"],
    registers: [registry],
  });
  for (const phase of ["plan", "scatter", "merge", "total"]) phases.zero({ phase });
  const ran = (kind: "read" | "write", { group, elapsedMs, error }: StatementRun) => {
    duration.observe({ kind, group }, elapsedMs / 1000);
    if (error !== undefined) errors.inc({ kind, group, code: error.code });
  };
  return {
    query: {
      statementRun: (run) => ran("read", run),
      rerouted: ({ group, code }) => reroutes.inc({ group, code }),
      askedAgain: () => askedAgain.inc(),
      searched: ({ targets: asked, complete, timings }) => {
        targets.observe(asked);
        if (!complete) incomplete.inc();
        phases.observe({ phase: "plan" }, timings.planMs / 1000);
        phases.observe({ phase: "scatter" }, timings.scatterMs / 1000);
        phases.observe({ phase: "merge" }, timings.mergeMs / 1000);
        phases.observe({ phase: "total" }, timings.totalMs / 1000);
      },
    },
    write: {
      written: (run) => {
        ran("write", run);
        if (run.error === undefined) written.inc({ group: run.group }, run.records);
      },
    },
  };
}

type StatementRun = Parameters<QueryObserver["statementRun"]>[0];
