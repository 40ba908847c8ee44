import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { OrreryError } from "../../../src/errors.ts";
import { packageRoot } from "../../../src/lib/package-root.ts";
import { createMetrics, type Metrics, type MetricsOptions } from "../../../src/metrics/create-metrics.ts";
import type { TargetPlan } from "../../../src/query/plan/target-plan.ts";
import type { FinishedSearch } from "../../../src/query/query-observer.ts";
import type { Scope, SearchRequest, SearchResult } from "../../../src/query/types.ts";
import { clusterSources } from "./cluster-sources.ts";
import { scrape } from "./scrape.ts";

const made: Metrics[] = [];
afterEach(() => {
  for (const metrics of made.splice(0)) metrics.close();
});

function create(options: Partial<MetricsOptions> = {}): Metrics {
  const metrics = createMetrics({
    version: "1.2.3",
    methods: ["orrery.v1.VectorService/Search", "Get"],
    namespaces: { mode: "top", top: 20, allowed: [] },
    slowQueryMs: 1_000,
    monotonicMs: () => performance.now(),
    ...options,
  });
  made.push(metrics);
  return metrics;
}

const RESULT: SearchResult = {
  hits: Array.from({ length: 7 }, (_, n) => ({ namespace: "a", key: `k${n}`, similarity: 0.5 })),
  completeness: { targetsTotal: 12, targetsOk: 12, failures: [] },
  epoch: 1,
  timings: { planMs: 1, queueMs: 2, scatterMs: 20, mergeMs: 3, totalMs: 25 },
  profile: [],
};

/** A search of namespace `a`, unless another scope is given, as its observers see it. */
function finished(search: Partial<FinishedSearch> = {}, scope: Scope = IN_A): FinishedSearch {
  const request: SearchRequest = {
    collection: "words",
    scope,
    query: { kind: "vector", vector: Float32Array.of(1, 0) },
    topK: 7,
    params: {},
    allowPartial: true,
    include: { value: false, metadata: false, vector: false },
    includeProfile: false,
  };
  const context = { signal: new AbortController().signal, requestId: "r" };
  return { request, context, outcome: RESULT, elapsedMs: 25, ...search };
}
const IN_A: Scope = { kind: "namespaces", namespaces: ["a"] };

/** What a statement asked of these shards. */
const plansOf = (...shards: readonly number[]): readonly TargetPlan[] =>
  shards.map((shardId) => ({
    target: { shardId, group: 1, min: 0, max: 0, shardKeys: "all" },
    strategy: "exact",
  }));

it("exports the series of known methods before the first call", async () => {
  const series = await scrape(create());
  expect(series.get('orrery_rpc_requests_total{method="Get",code="UNAVAILABLE"}')).toBe(0);
  expect(series.get('orrery_rpc_duration_seconds_count{method="Get"}')).toBe(0);
  expect(series.get('vector_search_queries_total{endpoint="Search",status="INTERNAL"}')).toBe(0);
  expect(series.get('orrery_partial_responses_total{reason="NODE_UNAVAILABLE"}')).toBe(0);
  expect(series.get('orrery_build_info{version="1.2.3"}')).toBe(1);
  expect([...series.keys()].some((name) => name.startsWith("process_cpu_seconds_total"))).toBe(true);
});

it("counts calls by method and code, times them in seconds, and shows those in progress", async () => {
  const metrics = create();
  metrics.rpc.started({ method: "orrery.v1.VectorService/Search" });
  metrics.rpc.started({ method: "Get" });
  metrics.rpc.finished({
    method: "orrery.v1.VectorService/Search",
    code: "NOT_FOUND",
    elapsedMs: 1500,
  });
  const series = await scrape(metrics);
  const method = 'method="orrery.v1.VectorService/Search"';
  expect(series.get("orrery_rpc_in_flight")).toBe(1);
  expect(series.get(`orrery_rpc_requests_total{${method},code="NOT_FOUND"}`)).toBe(1);
  expect(series.get(`orrery_rpc_requests_total{${method},code="OK"}`)).toBe(0);
  expect(series.get(`orrery_rpc_duration_seconds_sum{${method}}`)).toBe(1.5);
  expect(series.get(`orrery_rpc_duration_seconds_bucket{${method},le="1"}`)).toBe(0);
  expect(series.get(`orrery_rpc_duration_seconds_bucket{${method},le="2"}`)).toBe(1);
  expect(series.get(`orrery_rpc_duration_seconds_bucket{${method},le="+Inf"}`)).toBe(1);
  expect(series.get('vector_search_queries_total{endpoint="Search",status="NOT_FOUND"}')).toBe(1);
});

it("has buckets from 0.5 ms to 10 s for durations of searches and their parts", async () => {
  const metrics = create();
  useAll(metrics);
  const names = [...(await scrape(metrics)).keys()];
  for (const metric of [
    "vector_search_duration_seconds",
    "shard_query_latency_seconds",
    "orrery_search_phase_duration_seconds",
    "orrery_rpc_duration_seconds",
    "orrery_statement_duration_seconds",
    "orrery_pool_wait_seconds",
  ]) {
    const bounds = names.flatMap((name) =>
      name.startsWith(`${metric}_bucket{`) ? Number(/le="([\d.]+)"/.exec(name)?.[1] ?? "Infinity") : [],
    );
    expect([Math.min(...bounds), Math.max(...bounds.filter(Number.isFinite))], metric).toEqual([0.0005, 10]);
  }
});

it("counts an observation in a bucket when it is at most the bucket's bound", async () => {
  const metrics = create();
  for (const elapsedMs of [1_000, 1_000.1]) {
    metrics.rpc.started({ method: "Get" });
    metrics.rpc.finished({ method: "Get", code: "OK", elapsedMs });
  }
  const series = await scrape(metrics);
  expect(series.get('orrery_rpc_duration_seconds_bucket{method="Get",le="1"}')).toBe(1);
  expect(series.get('orrery_rpc_duration_seconds_bucket{method="Get",le="2"}')).toBe(2);
});

it("counts each search of a batch, or the batch once when it failed as a whole", async () => {
  const metrics = create();
  const method = "orrery.v1.VectorService/SearchBatch";
  metrics.rpc.started({ method });
  metrics.rpc.searchedInBatch("OK");
  metrics.rpc.searchedInBatch("UNAVAILABLE");
  metrics.rpc.finished({ method, code: "OK", elapsedMs: 1 });
  metrics.rpc.started({ method });
  metrics.rpc.finished({ method, code: "INVALID_ARGUMENT", elapsedMs: 1 });
  const series = await scrape(metrics);
  const of = (status: string) =>
    series.get(`vector_search_queries_total{endpoint="SearchBatch",status="${status}"}`);
  expect([of("OK"), of("UNAVAILABLE"), of("INVALID_ARGUMENT")]).toEqual([1, 1, 1]);
});

it("records a search by namespace, phase, targets and missing parts, and its statements by node group", async () => {
  const metrics = create();
  const error = new OrreryError("SHARD_MOVING", "elsewhere");
  const run = { plans: plansOf(1, 2), waitedMs: 1 };
  metrics.query.statementRun({ ...run, group: 2, elapsedMs: 4, error: undefined });
  metrics.query.statementRun({ ...run, group: 3, elapsedMs: 1, error });
  metrics.query.fenced({ group: 3, reason: "moved" });
  metrics.query.rerouted({ group: 3, code: "SHARD_MOVING" });
  metrics.query.secondRound("undersampled");
  const missing = new OrreryError("NODE_UNAVAILABLE", "no answer");
  const failures = [{ shardId: 1, namespaces: [], error: missing }];
  const completeness = { targetsTotal: 12, targetsOk: 11, failures };
  metrics.query.searchFinished(finished({ outcome: { ...RESULT, completeness } }));
  metrics.rpc.encoded(0.4);
  const series = await scrape(metrics);
  expect(series.get('orrery_statement_duration_seconds_sum{kind="read",group="2"}')).toBe(0.004);
  expect(series.get('orrery_pool_wait_seconds_sum{kind="read",group="2"}')).toBe(0.001);
  expect(series.get('orrery_statement_errors_total{kind="read",group="3",code="SHARD_MOVING"}')).toBe(1);
  expect(series.get('orrery_fence_hits_total{group="3",reason="moved"}')).toBe(1);
  expect(series.get('orrery_reroutes_total{group="3",code="SHARD_MOVING"}')).toBe(1);
  expect(series.get('orrery_search_second_rounds_total{reason="undersampled"}')).toBe(1);
  expect(series.get("orrery_search_targets_sum")).toBe(12);
  expect(series.get('orrery_partial_responses_total{reason="NODE_UNAVAILABLE"}')).toBe(1);
  const phases = { plan: 0.001, queue: 0.002, scatter: 0.02, merge: 0.003, encode: 0.0004, total: 0.025 };
  for (const [phase, seconds] of Object.entries(phases)) {
    expect(series.get(`orrery_search_phase_duration_seconds_sum{phase="${phase}"}`)).toBe(seconds);
  }
  expect(series.get('vector_search_duration_seconds_sum{namespace="a"}')).toBe(0.025);
  expect(series.get('vector_search_results_total{namespace="a"}')).toBe(7);
});

it("counts a search as slow from the limit on, whether it was answered or failed, and never without a limit", async () => {
  const metrics = create({ slowQueryMs: 1_000 });
  const error = new OrreryError("DEADLINE_EXCEEDED", "too late");
  metrics.query.searchFinished(finished({ elapsedMs: 999 }));
  metrics.query.searchFinished(finished({ elapsedMs: 1_000 }));
  metrics.query.searchFinished(finished({ elapsedMs: 5_000, outcome: { error } }));
  const series = await scrape(metrics);
  expect(series.get("orrery_slow_queries_total")).toBe(2);
  expect(series.get("orrery_search_targets_count")).toBe(2);
  const unlimited = create({ slowQueryMs: undefined });
  unlimited.query.searchFinished(finished({ elapsedMs: 60_000 }));
  expect((await scrape(unlimited)).get("orrery_slow_queries_total")).toBe(0);
});

it("records a search of several namespaces, or of all, under a label of its own", async () => {
  const metrics = create();
  metrics.query.searchFinished(finished({}, { kind: "namespaces", namespaces: ["a", "b"] }));
  metrics.query.searchFinished(finished({}, { kind: "all" }));
  const series = await scrape(metrics);
  expect(series.get('vector_search_duration_seconds_count{namespace="_several"}')).toBe(1);
  expect(series.get('vector_search_duration_seconds_count{namespace="_all"}')).toBe(1);
  expect(series.has('vector_search_duration_seconds_count{namespace="a"}')).toBe(false);
});

it("times a shard by statements of that shard alone, and drops the series of shards that are gone", async () => {
  const metrics = create();
  const run = { group: 1, elapsedMs: 3, waitedMs: 0, error: undefined };
  metrics.query.statementRun({ ...run, plans: plansOf(102_008) });
  metrics.query.statementRun({ ...run, plans: plansOf(102_009) });
  metrics.query.statementRun({ ...run, plans: plansOf(102_008, 102_009) });
  const series = await scrape(metrics);
  expect(series.get('shard_query_latency_seconds_sum{shard_id="102008",query_type="exact"}')).toBe(0.003);
  expect(
    [...series.keys()].filter((name) => name.startsWith("shard_query_latency_seconds_count")),
  ).toHaveLength(2);
  metrics.keepShards(new Set([102_009]));
  const after = await scrape(metrics);
  expect([...after.keys()].filter((name) => name.startsWith("shard_query_latency_seconds_count"))).toEqual([
    'shard_query_latency_seconds_count{shard_id="102009",query_type="exact"}',
  ]);
});

it("counts records as written only when their statement succeeded", async () => {
  const metrics = create();
  const error = new OrreryError("STATEMENT_CONFLICT", "dead lock");
  metrics.write.written({ group: 1, records: 10, elapsedMs: 5, waitedMs: 0, error: undefined });
  metrics.write.written({ group: 1, records: 7, elapsedMs: 5, waitedMs: 0, error });
  const series = await scrape(metrics);
  expect(series.get('orrery_records_written_total{group="1"}')).toBe(10);
  expect(series.get('orrery_statement_errors_total{kind="write",group="1",code="STATEMENT_CONFLICT"}')).toBe(
    1,
  );
});

it("reports throttled moves since the first reason, under the latest, until they resume", async () => {
  let nowMs = 1_000;
  const metrics = create({ monotonicMs: () => nowMs });
  const seconds = async () => {
    const series = await scrape(metrics);
    return Object.fromEntries(
      ["lag", "search_p95", "unknown", "window"].map((reason) => [
        reason,
        series.get(`orrery_moves_throttled_seconds{reason="${reason}"}`),
      ]),
    );
  };
  const none = { lag: 0, search_p95: 0, unknown: 0, window: 0 };
  expect(await seconds()).toEqual(none);
  metrics.operations.movesThrottled({ by: "one", reason: "lag" });
  nowMs += 5_000;
  metrics.operations.movesThrottled({ by: "schedule", reason: "window" });
  metrics.operations.movesThrottled({ by: "two", reason: "unknown" });
  nowMs += 2_000;
  expect(await seconds()).toEqual({ ...none, lag: 7, unknown: 2, window: 2 });
  metrics.operations.movesThrottled({ by: "one", reason: "unknown" });
  expect(await seconds()).toEqual({ ...none, unknown: 7, window: 2 });
  metrics.operations.movesResumed("one");
  metrics.operations.movesResumed("schedule");
  expect(await seconds()).toEqual({ ...none, unknown: 2 });
  metrics.operations.movesResumed("two");
  expect(await seconds()).toEqual(none);
});

function withGauges(state: { nodes: { node: string; up: boolean }[] }): Metrics {
  const metrics = create();
  metrics.addGauges({
    memory: { totalBytes: 1000, heldBytes: 10, refused: { account: 1, all: 2, closed: 3 } },
    mapEpoch: () => 42,
    mapAgeSeconds: () => 1.5,
    mapStoreReachable: () => false,
    leader: () => true,
    nodes: () => state.nodes,
    connections: () => [
      {
        node: "a:1",
        total: 5,
        idle: 2,
        queues: [
          { workClass: "read", waiting: 3, waitingBytes: 100, refused: { queue: 0, bytes: 1, deadline: 2 } },
          { workClass: "write", waiting: 1, waitingBytes: 7, refused: { queue: 4, bytes: 0, deadline: 0 } },
        ],
      },
      { node: "b:1", total: 2, idle: 1, queues: [] },
    ],
    maxConnections: 10,
  });
  return metrics;
}

it("shows the state at the scrape in gauges, without nodes that have left", async () => {
  const state = {
    nodes: [
      { node: "a:1", up: true },
      { node: "b:1", up: false },
    ],
  };
  const metrics = withGauges(state);
  const before = await scrape(metrics);
  expect(before.get("orrery_map_epoch")).toBe(42);
  expect(before.get("orrery_map_age_seconds")).toBe(1.5);
  expect(before.get("orrery_map_store_reachable")).toBe(0);
  expect(before.get("orrery_leader")).toBe(1);
  expect(before.get('orrery_node_up{node="b:1"}')).toBe(0);
  expect(before.get('orrery_pool_connections{node="a:1",state="busy"}')).toBe(3);
  expect(before.get('orrery_pool_connections{node="a:1",state="waiting"}')).toBe(4);
  expect(before.get('orrery_pool_waiting{node="a:1",kind="read"}')).toBe(3);
  expect(before.get('orrery_pool_waiting_bytes{node="a:1",kind="write"}')).toBe(7);
  expect(before.get('orrery_pool_refused_total{node="a:1",kind="read",reason="deadline"}')).toBe(2);
  expect(before.get('orrery_pool_refused_total{node="a:1",kind="write",reason="queue"}')).toBe(4);
  expect(before.get('orrery_pool_max_connections{node="a:1"}')).toBe(10);
  expect(before.get("db_connections_active")).toBe(4);
  state.nodes = [{ node: "a:1", up: true }];
  const after = await scrape(metrics);
  expect(after.get('orrery_node_up{node="a:1"}')).toBe(1);
  expect(after.has('orrery_node_up{node="b:1"}')).toBe(false);
});

it("exports the collectors' samples while it leads, and not a moment longer", async () => {
  const leaderTerm = { leads: true };
  const metrics = create();
  metrics.addClusterGauges(clusterSources(() => leaderTerm.leads));
  const leading = await scrape(metrics);
  expect(leading.get('shard_size_bytes{shard_id="102008"}')).toBe(1_000);
  expect(leading.get('shard_row_count{shard_id="102008",table_name="memory_entries"}')).toBe(50);
  expect(leading.get('orrery_node_size_bytes{group="1",node="a:1"}')).toBe(1_000);
  expect(leading.get('orrery_node_shards{group="2",node="b:1"}')).toBe(0);
  expect(leading.get('orrery_imbalance_ratio{by="bytes"}')).toBe(1);
  expect(leading.has('orrery_imbalance_ratio{by="load"}')).toBe(false);
  expect(leading.get('orrery_shards_over_size{table_name="memory_entries"}')).toBe(2);
  expect(
    leading.get('orrery_parameters_misconfigured{table_name="memory_entries",parameter="shard_count"}'),
  ).toBe(1);
  expect(
    leading.get('orrery_node_parameters_misconfigured{group="2",node="b:1",parameter="shared_buffers"}'),
  ).toBe(1);
  expect(leading.get('replication_lag_seconds{shard_id="1",replica_id="s1"}')).toBe(2.5);
  expect(leading.get('orrery_standby_up{shard_id="1",replica_id="gone"}')).toBe(0);
  expect(leading.has('replication_lag_bytes{shard_id="1",replica_id="gone"}')).toBe(false);
  expect(leading.get('orrery_node_reachable{group="2",node="b:1"}')).toBe(0);
  expect(leading.get('orrery_node_role{group="1",node="a:1",role="primary"}')).toBe(1);
  expect(leading.get("orrery_findings")).toBe(1);
  expect(leading.get("orrery_operations_unreadable")).toBe(1);
  const leaderOnly = [...leading.keys()].filter((name) => name.startsWith("orrery_node_")).length;
  expect(leaderOnly).toBeGreaterThan(10);
  leaderTerm.leads = false;
  const after = await scrape(metrics);
  const left = [...after.keys()].filter((name) =>
    /^(shard_(size|row)|replication_|orrery_(node_|imbalance|standby|replication|shard_(index|info)|shards_over|parameters|operations|operation_idle|recall|findings|collector_age))/.test(
      name,
    ),
  );
  expect(left).toEqual([]);
});

it("exports exactly the metrics in docs/metrics.md, with their types and labels", async () => {
  const metrics = withGauges({ nodes: [{ node: "a:1", up: true }] });
  useAll(metrics);
  metrics.addClusterGauges(clusterSources(() => true));
  const { text } = await metrics.exposition();
  const exported = [...text.matchAll(/^# TYPE (\S+) (\S+)/gm)]
    .map(([, name, type]) => `${name} ${type}`)
    .filter((line) => !/^(process|nodejs)_/.test(line));
  const page = readFileSync(join(packageRoot(), "docs/metrics.md"), "utf8");
  const documented = [...page.matchAll(/^\| `([a-z_]+)(?:\{([a-z_,]+)\})?` \| (counter|gauge|histogram) /gm)];
  expect(documented.map(([, name, , type]) => `${name} ${type}`).sort()).toEqual(exported.sort());
  for (const [name, labels] of labelsByMetric(text)) {
    const line = documented.find(([, documentedName]) => documentedName === name);
    expect(`${name}{${line?.[2] ?? ""}}`).toBe(`${name}{${labels}}`);
  }
});

/** Makes a series of every metric that requests feed. */
function useAll({ query, write, rpc, collectors, operations }: Metrics): void {
  collectors.sampled({ collector: "balance", result: "ok", elapsedMs: 1 });
  operations.shardMoved({ kind: "move", result: "done", bytes: 1, elapsedMs: 1 });
  const error = new OrreryError("SHARD_MOVING", "elsewhere");
  query.statementRun({
    group: 1,
    plans: plansOf(1),
    elapsedMs: 1,
    waitedMs: 0,
    error: undefined,
  });
  write.written({ group: 1, records: 1, elapsedMs: 1, waitedMs: 0, error });
  query.fenced({ group: 1, reason: "gone" });
  query.rerouted({ group: 1, code: error.code });
  query.searchFinished(finished());
  rpc.started({ method: "Get" });
}

/** Label names by metric, as the samples have them; of a histogram those of its count. */
function labelsByMetric(text: string): Map<string, string> {
  const types = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)/gm)].map(([, name = "", type]) => [name, type]),
  );
  const samples = [...text.matchAll(/^([a-z_]+)(?:\{(.*)\})? \S+$/gm)];
  return new Map(
    samples.flatMap(([, sample = "", labels = ""]) => {
      const name = types.has(sample) ? sample : sample.replace(/_count$/, "");
      if (!types.has(name) || /^(process|nodejs)_/.test(name)) return [];
      return [[name, [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label).join(",")]];
    }),
  );
}
