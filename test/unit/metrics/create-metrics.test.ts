import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { OrreryError } from "../../../src/errors.ts";
import { packageRoot } from "../../../src/lib/package-root.ts";
import { createMetrics, type Metrics } from "../../../src/metrics/create-metrics.ts";

/** Series as in the text a scrape gets -> value. */
async function scrape(metrics: Metrics): Promise<Map<string, number>> {
  const { text } = await metrics.exposition();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
}

const create = () => createMetrics({ version: "1.2.3", methods: ["Search", "Get"] });

test("the series of known methods are there before the first call", async () => {
  const series = await scrape(create());
  expect(series.get('orrery_rpc_requests_total{method="Get",code="UNAVAILABLE"}')).toBe(0);
  expect(series.get('orrery_rpc_duration_seconds_count{method="Search"}')).toBe(0);
  expect(series.get("orrery_searches_incomplete_total")).toBe(0);
  expect(series.get('orrery_build_info{version="1.2.3"}')).toBe(1);
  expect([...series.keys()].some((name) => name.startsWith("process_cpu_seconds_total"))).toBe(true);
});

test("calls are counted by method and code, timed in seconds, and seen while under way", async () => {
  const metrics = create();
  metrics.rpc.started({ method: "Search" });
  metrics.rpc.started({ method: "Get" });
  metrics.rpc.finished({ method: "Search", code: "NOT_FOUND", elapsedMs: 1500 });
  const series = await scrape(metrics);
  expect(series.get("orrery_rpc_in_flight")).toBe(1);
  expect(series.get('orrery_rpc_requests_total{method="Search",code="NOT_FOUND"}')).toBe(1);
  expect(series.get('orrery_rpc_requests_total{method="Search",code="OK"}')).toBe(0);
  expect(series.get('orrery_rpc_duration_seconds_sum{method="Search"}')).toBe(1.5);
});

test("a search is seen by phase, targets and completeness; its statements by node group", async () => {
  const metrics = create();
  const error = new OrreryError("SHARD_MOVING", "elsewhere");
  metrics.query.statementRun({ group: 2, elapsedMs: 4, error: undefined });
  metrics.query.statementRun({ group: 3, elapsedMs: 1, error });
  metrics.query.rerouted({ group: 3, code: "OR001" });
  metrics.query.askedAgain();
  metrics.query.searched({
    targets: 12,
    complete: false,
    timings: { planMs: 1, scatterMs: 20, mergeMs: 3, totalMs: 25 },
  });
  const series = await scrape(metrics);
  expect(series.get('orrery_statement_duration_seconds_sum{kind="read",group="2"}')).toBe(0.004);
  expect(series.get('orrery_statement_errors_total{kind="read",group="3",code="SHARD_MOVING"}')).toBe(1);
  expect(series.get('orrery_reroutes_total{group="3",code="OR001"}')).toBe(1);
  expect(series.get("orrery_asked_again_total")).toBe(1);
  expect(series.get("orrery_search_targets_sum")).toBe(12);
  expect(series.get("orrery_searches_incomplete_total")).toBe(1);
  expect(series.get('orrery_search_phase_duration_seconds_sum{phase="scatter"}')).toBe(0.02);
  expect(series.get('orrery_search_phase_duration_seconds_sum{phase="total"}')).toBe(0.025);
});

test("records count as written only when their statement succeeded", async () => {
  const metrics = create();
  const error = new OrreryError("STATEMENT_CONFLICT", "dead lock");
  metrics.write.written({ group: 1, records: 10, elapsedMs: 5, error: undefined });
  metrics.write.written({ group: 1, records: 7, elapsedMs: 5, error });
  const series = await scrape(metrics);
  expect(series.get('orrery_records_written_total{group="1"}')).toBe(10);
  expect(series.get('orrery_statement_errors_total{kind="write",group="1",code="STATEMENT_CONFLICT"}')).toBe(
    1,
  );
});

function withGauges(state: { nodes: { node: string; up: boolean }[] }): Metrics {
  const metrics = create();
  metrics.addGauges({
    mapEpoch: () => 42,
    mapAgeSeconds: () => 1.5,
    mapStoreReachable: () => false,
    leader: () => true,
    nodes: () => state.nodes,
    connections: () => [{ node: "a:1", total: 5, idle: 2, waiting: 1 }],
  });
  return metrics;
}

test("gauges show the state at the scrape, and a node that left is gone", async () => {
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
  state.nodes = [{ node: "a:1", up: true }];
  const after = await scrape(metrics);
  expect(after.get('orrery_node_up{node="a:1"}')).toBe(1);
  expect(after.has('orrery_node_up{node="b:1"}')).toBe(false);
});

test("docs/metrics.md lists exactly the metrics of Orrery", async () => {
  const { text } = await withGauges({ nodes: [] }).exposition();
  const exported = [...text.matchAll(/^# TYPE (orrery_\S+)/gm)].map(([, name]) => name);
  const page = readFileSync(join(packageRoot(), "docs/metrics.md"), "utf8");
  const documented = [...page.matchAll(/^\| `(orrery_[a-z_]+)/gm)].map(([, name]) => name);
  expect(documented.sort()).toEqual(exported.sort());
});
