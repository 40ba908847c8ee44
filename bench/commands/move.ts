/** `npm run bench -- move`: what searches and writes of a shard notice while it moves with its HNSW index. */
import Table from "cli-table3";
import { createClient } from "../../src/client/client.ts";
import { startEtcd } from "../../test/support/etcd-server.ts";
import { percentile, sorted } from "../measure/statistics.ts";
import type { Options } from "../options.ts";
import { machine, writeResult } from "../report/results.ts";
import { startCoordinator } from "../setup/coordinator.ts";
import { type Bench, type LoadedDataset, loadDataset, withBench } from "../setup/with-bench.ts";
import { type FollowedMove, followMove } from "./move/follow-move.ts";
import { type SteadyLoad, startSteadyLoad, type Timed } from "./move/steady-load.ts";

const SHARDS = 4;
const SEARCHES_PER_SECOND = 40;
const WRITES_PER_SECOND = 10;
const CALM_MS = 20_000;
/** Moves of an empty shard, for the time the map takes. */
const MAP_MOVES = 15;

export async function runMove(options: Options): Promise<void> {
  const etcd = await startEtcd();
  // The coordinators under test take it from here.
  process.env.ORRERY_ETCD_ENDPOINTS = etcd.endpoints.join(",");
  if (options.indexWorkers !== undefined)
    process.env.ORRERY_REBALANCE_INDEX_WORKERS = String(options.indexWorkers);
  try {
    const shape = { ...options, namespaces: 1, records: options.moved, shards: SHARDS };
    await withBench(shape, loadDataset, measure);
  } finally {
    await etcd.stop();
  }
}

async function measure(bench: Bench<LoadedDataset>): Promise<void> {
  const { cluster, coordinator, options, data, defer } = bench;
  const { dataset, collection } = data;
  const other = await startCoordinator({ citusUrl: cluster.url, efSearch: options.efSearch });
  defer("the other coordinator", () => other.stop(), 30_000);
  const clients = [coordinator.address, other.address].map((address) => createClient(address));
  defer("clients", async () => {
    for (const client of clients) client.close();
  });
  const [namespace] = dataset.namespaces as [string];
  const placed = await placementOf(bench, namespace);

  const load = startSteadyLoad({
    address: other.address,
    collection: collection.name,
    namespace,
    queries: dataset.queries,
    records: dataset.records,
    searchesPerSecond: SEARCHES_PER_SECOND,
    writesPerSecond: WRITES_PER_SECOND,
  });
  const calm = () => new Promise((resolve) => setTimeout(resolve, CALM_MS));
  // The first seconds are of cold connections.
  await calm();
  const beforeMs = performance.now();
  await calm();
  const move = await followMove(cluster, clients, { ...placed.large, watch: "at its end" });
  await calm();
  const endMs = performance.now();
  await load.stop();
  await requireAll(bench, load);

  const maps: number[] = [...move.mapAfterMs];
  let { empty } = placed;
  for (let round = 0; round < MAP_MOVES; round += 1) {
    maps.push(...(await followMove(cluster, clients, { ...empty, watch: "all of it" })).mapAfterMs);
    empty = { ...empty, target: empty.source, source: empty.target };
  }
  report(bench, { load, move, maps, beforeMs, endMs });
}

/** The shard of the namespace, and an empty one, each with a worker that has it not. */
async function placementOf({ cluster, data }: Bench<LoadedDataset>, namespace: string) {
  const rows = await cluster.sql(
    `SELECT s.shardid::int AS shard, concat(n.nodename, ':', n.nodeport) AS source,
  s.shardid = get_shard_id_for_distribution_column($1::regclass, $2::text) AS large
FROM pg_dist_shard s JOIN pg_dist_placement USING (shardid) JOIN pg_dist_node n USING (groupid)
WHERE s.logicalrelid = $1::regclass ORDER BY large`,
    [data.collection.table, namespace],
  );
  const withTarget = (row: (typeof rows)[number] | undefined) => {
    const source = String(row?.source);
    const target = cluster.nodes.find(({ group, name }) => group !== 0 && name !== source)?.name;
    if (row === undefined || target === undefined) throw new Error("a move needs two workers");
    return { shard: Number(row.shard), source, target };
  };
  return { large: withTarget(rows.at(-1)), empty: withTarget(rows[0]) };
}

/** No acknowledged write may be missing, and none may be there twice. */
async function requireAll({ cluster, data, options }: Bench<LoadedDataset>, { written }: SteadyLoad) {
  const [row] = await cluster.sql(
    `SELECT count(*)::int AS rows, count(*) FILTER (WHERE key = ANY ($1))::int AS acknowledged FROM ${data.collection.table}`,
    [written],
  );
  if (row?.acknowledged !== written.length) {
    throw new Error(`${written.length} writes were acknowledged, ${row?.acknowledged} are there`);
  }
  console.log(
    `${options.records} records loaded, ${written.length} written meanwhile, all of them there once`,
  );
}

interface Measured {
  readonly load: SteadyLoad;
  readonly move: FollowedMove;
  readonly maps: readonly number[];
  readonly beforeMs: number;
  readonly endMs: number;
}

function report(
  { cluster, options }: Bench<LoadedDataset>,
  { load, move, maps, beforeMs, endMs }: Measured,
): void {
  const parts = [
    { name: "before", fromMs: beforeMs, toMs: move.startMs },
    { name: "during", fromMs: move.startMs, toMs: move.endMs },
    { name: "after", fromMs: move.endMs, toMs: endMs },
  ].map((part) => ({ ...part, ...summary(load, part) }));
  const phases = move.phases.map((phase) => ({
    phase: phase.name,
    seconds: (phase.toMs - phase.fromMs) / 1000,
    ...summary(load, phase),
  }));
  const late = sorted(maps);
  const map = { samples: maps.length, p50Ms: percentile(late, 0.5), maxMs: late.at(-1) ?? Number.NaN };

  const latencies = new Table({
    head: [
      "",
      "searches",
      "p50 ms",
      "p95 ms",
      "p99 ms",
      "max ms",
      "failed",
      "writes",
      "p50 ms",
      "longest ms",
      "failed",
    ],
    style: { head: [], border: [] },
  });
  for (const { name, searches, writes } of parts) {
    latencies.push([
      name,
      searches.count,
      ...[searches.p50, searches.p95, searches.p99, searches.max].map((ms) => ms.toFixed(1)),
      searches.failed,
      writes.count,
      writes.p50.toFixed(1),
      writes.max.toFixed(0),
      writes.failed,
    ]);
  }
  console.log(latencies.toString());
  const table = new Table({
    head: ["phase", "seconds", "search p50 ms", "p99 ms", "longest write ms"],
    style: { head: [], border: [] },
  });
  for (const { phase, seconds, searches, writes } of phases) {
    table.push([
      phase,
      seconds.toFixed(1),
      ...[searches.p50, searches.p99, writes.max].map((ms) => (Number.isNaN(ms) ? "" : ms.toFixed(1))),
    ]);
  }
  console.log(table.toString());
  console.log(
    `map at every coordinator after the cut-over: p50 ${map.p50Ms.toFixed(0)} ms, longest ${map.maxMs.toFixed(0)} ms of ${map.samples}`,
  );
  const text = JSON.stringify(
    { machine: machine(), options, settings: cluster.settings, parts, phases, map },
    null,
    2,
  );
  console.log(writeResult("move.json", `${text}\n`));
}

function summary(
  { searches, writes }: SteadyLoad,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
) {
  const inside = (all: readonly Timed[]) => all.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  return { searches: figures(inside(searches)), writes: figures(inside(writes)) };
}

/** Failed calls count with the time they took. */
function figures(calls: readonly Timed[]) {
  const times = sorted(calls.map(({ elapsedMs }) => elapsedMs));
  const errors = calls.flatMap(({ error }) => error ?? []);
  for (const error of new Set(errors)) console.error(`failed: ${error}`);
  return {
    count: calls.length,
    p50: percentile(times, 0.5),
    p95: percentile(times, 0.95),
    p99: percentile(times, 0.99),
    max: times.at(-1) ?? Number.NaN,
    failed: errors.length,
  };
}
