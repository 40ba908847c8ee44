/** Calls by method and status. */
import type { Registry } from "prom-client";
import type { RpcObserver, RpcStatus } from "../api/rpc-observer.ts";
import { LATENCY_SECONDS } from "./buckets.ts";
import {
  addCounter,
  addHistogram,
  addReadMetric,
  type CounterSeries,
  type HistogramSeries,
} from "./families.ts";

const STATUSES: readonly RpcStatus[] = [
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
const SEARCH = "orrery.v1.VectorService/Search";
const SEARCH_BATCH = "orrery.v1.VectorService/SearchBatch";

interface MethodSeries {
  readonly duration: HistogramSeries;
  readonly requests: ReadonlyMap<RpcStatus, CounterSeries>;
}

/**
 * Creates the series of `methods` (`orrery.v1.Service/Method`) at 0 from the start, so that Prometheus sees a
 * first error as an increase.
 */
export function rpcMetrics(
  registry: Registry,
  { methods, encoding }: { readonly methods: readonly string[]; readonly encoding: HistogramSeries },
): RpcObserver {
  const requests = addCounter(registry, {
    name: "orrery_rpc_requests_total",
    help: "Finished calls by method and gRPC status.",
    labelNames: ["method", "code"],
  });
  const duration = addHistogram(registry, {
    name: "orrery_rpc_duration_seconds",
    help: "Time from the request to the end of the response.",
    labelNames: ["method"],
    buckets: LATENCY_SECONDS,
  });
  const queries = addCounter(registry, {
    name: "vector_search_queries_total",
    help: "Searches by RPC and gRPC status; each search of a batch counts.",
    labelNames: ["endpoint", "status"],
  });
  let inFlight = 0;
  addReadMetric(registry, { name: "orrery_rpc_in_flight", help: "Calls in progress.", type: "gauge" }, () => [
    { labels: {}, value: inFlight },
  ]);
  const byStatus = (of: (status: RpcStatus) => CounterSeries) =>
    new Map(STATUSES.map((status) => [status, of(status)] as const));
  const searches = byStatus((status) => queries.of("Search", status));
  const batched = byStatus((status) => queries.of("SearchBatch", status));
  const series = new Map<string, MethodSeries>();
  const seriesOf = (method: string): MethodSeries => {
    const known = series.get(method);
    if (known !== undefined) return known;
    const made = {
      duration: duration.of(method),
      requests: byStatus((status) => requests.of(method, status)),
    };
    series.set(method, made);
    return made;
  };
  for (const method of methods) seriesOf(method);
  return {
    started() {
      inFlight += 1;
    },
    finished({ method, code, elapsedMs }) {
      inFlight -= 1;
      const of = seriesOf(method);
      of.requests.get(code)?.add();
      of.duration.observe(elapsedMs / 1000);
      if (method === SEARCH) searches.get(code)?.add();
      // A batch that was answered has already counted each of its searches.
      else if (method === SEARCH_BATCH && code !== "OK") batched.get(code)?.add();
    },
    searchedInBatch: (code) => batched.get(code)?.add(),
    encoded: (elapsedMs) => encoding.observe(elapsedMs / 1000),
  };
}
