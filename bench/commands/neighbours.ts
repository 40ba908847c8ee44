/**
 * `neighbours`: what searches of other namespaces notice while one namespace is used badly. Searches come at
 * a fixed rate; quiet slices and disturbed ones take turns.
 */
import Table from "cli-table3";
import pg from "pg";
import { type Client, createClient } from "../../src/client/client.ts";
import { countEnds, endOf } from "../../test/support/neighbours.ts";
import { medianInterval, percentile, sorted } from "../measure/statistics.ts";
import type { Options } from "../options.ts";
import { machine, writeResult } from "../report/results.ts";
import { type Bench, type LoadedDataset, loadDataset, withBench } from "../setup/with-bench.ts";
import { startSteadyLoad } from "./move/steady-load.ts";

/** Of the others. */
const SEARCHES_PER_SECOND = 100;
/** Of the victim; with their deadline, more than ten times the connections wait at any time. */
const FLOOD_PER_SECOND = 50;
const FLOOD_DEADLINE_MS = 3_000;
/** Searches that burn CPU: ten times the connections of a node, each sent again as soon as it has ended. */
const FLOOD_AT_ONCE = 100;

interface Victim {
  readonly namespace: string;
  readonly shard: number;
  /** The shard's own table, on its node. */
  readonly relation: string;
  readonly nodeUrl: string;
  readonly source: string;
  readonly target: string;
  /** Namespaces in other shards of the node. */
  readonly others: readonly string[];
}

interface Disturbance {
  readonly name: string;
  /** Holds locks until its connection ends; undefined: none. */
  hold(bench: Bench<LoadedDataset>, victim: Victim): Promise<pg.Client | undefined>;
  readonly kind: "search" | "upsert" | "compare";
}

const DISTURBANCES: readonly Disturbance[] = [
  {
    name: "its rows are locked, 50 writes/s",
    kind: "upsert",
    hold: ({ cluster, data }, { namespace }) =>
      inTransaction(cluster.url, [
        `SELECT FROM ${data.collection.table} WHERE shard_key = ${pg.escapeLiteral(namespace)} FOR UPDATE`,
      ]),
  },
  {
    name: "its shard is locked, 50 searches/s",
    kind: "search",
    hold: (_, { nodeUrl, relation }) =>
      inTransaction(nodeUrl, [
        "SET citus.enable_manual_changes_to_shards TO on",
        `LOCK TABLE ${relation} IN ACCESS EXCLUSIVE MODE`,
      ]),
  },
  {
    name: "its shard moves by block_writes, 50 writes/s",
    kind: "upsert",
    hold: ({ cluster }, { shard, source, target }) => {
      const addresses = [source, target].flatMap((node) => {
        const at = node.lastIndexOf(":");
        return [pg.escapeLiteral(node.slice(0, at)), node.slice(at + 1)];
      });
      return inTransaction(cluster.url, [
        `SELECT citus_move_shard_placement(${shard}, ${addresses.join(", ")}, 'block_writes')`,
      ]);
    },
  },
];

const BUSY: Disturbance = {
  name: `${FLOOD_AT_ONCE} searches at once that compare all`,
  kind: "compare",
  hold: async () => undefined,
};

export async function runNeighbours(options: Options): Promise<void> {
  // Searches that wait are slow on purpose.
  process.env.ORRERY_LOG_LEVEL ??= "error";
  await withBench(options, loadDataset, async (bench) => {
    const rows = [];
    for (const disturbance of [...DISTURBANCES, BUSY]) rows.push(await measure(bench, disturbance));
    const table = new Table({
      head: [
        "one namespace",
        "p50 quiet, disturbed (ms)",
        "p99 quiet, disturbed (ms)",
        "p99 ratio",
        "p99 of waiting for a connection, quiet, disturbed (ms)",
        "failed",
        "its ends",
      ],
    });
    for (const row of rows) {
      table.push([
        row.name,
        `${row.quiet.p50.toFixed(2)}, ${row.disturbed.p50.toFixed(2)}`,
        `${row.quiet.p99.toFixed(2)}, ${row.disturbed.p99.toFixed(2)}`,
        `${row.ratio.median.toFixed(2)} [${row.ratio.low.toFixed(2)}-${row.ratio.high.toFixed(2)}]`,
        `${row.quiet.waited.toFixed(2)}, ${row.disturbed.waited.toFixed(2)}`,
        row.failed,
        JSON.stringify(row.ends),
      ]);
    }
    console.log(table.toString());
    const result = { machine: machine(), settings: bench.cluster.settings, options, rows };
    console.log(`\n${writeResult("neighbours.json", JSON.stringify(result, undefined, 1))}`);
  });
}

async function measure(bench: Bench<LoadedDataset>, disturbance: Disturbance) {
  const { coordinator, data, options } = bench;
  const victim = await chooseVictim(bench);
  const client = createClient(coordinator.address);
  const load = victim.others.map((namespace) =>
    startSteadyLoad({
      address: coordinator.address,
      collection: data.collection.name,
      namespace,
      queries: data.dataset.queries,
      records: data.dataset.records,
      searchesPerSecond: SEARCHES_PER_SECOND / victim.others.length,
      writesPerSecond: 0,
    }),
  );
  const slice = async (): Promise<{ fromMs: number; toMs: number }> => {
    const fromMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, options.seconds * 1000));
    return { fromMs, toMs: performance.now() };
  };
  await slice();
  const ends: string[] = [];
  const slices: { quiet: Slice; disturbed: Slice }[] = [];
  for (let pair = 0; pair < options.repeats; pair += 1) {
    const quiet = await slice();
    const holder = await disturbance.hold(bench, victim);
    const flood = startFlood(client, bench, victim, disturbance.kind);
    // So that those that wait are there from the start.
    await slice();
    const disturbed = await slice();
    flood.stop();
    await holder?.query("ROLLBACK");
    await holder?.end();
    ends.push(...(await flood.ends));
    await slice();
    slices.push({ quiet, disturbed });
  }
  await Promise.all(load.map((one) => one.stop()));
  client.close();
  const searches = load.flatMap((one) => one.searches);
  const within = ({ fromMs, toMs }: Slice) => searches.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  const figures = (chosen: readonly Slice[]) => {
    const found = chosen.flatMap(within);
    const latencies = sorted(found.map(({ elapsedMs }) => elapsedMs));
    const waits = sorted(found.map(({ queueMs = 0 }) => queueMs));
    return {
      p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
      waited: percentile(waits, 0.99),
    };
  };
  const disturbedSlices = slices.map(({ disturbed }) => disturbed);
  return {
    name: disturbance.name,
    quiet: figures(slices.map(({ quiet }) => quiet)),
    disturbed: figures(disturbedSlices),
    ratio: medianInterval(
      slices.map(({ quiet, disturbed }) => figures([disturbed]).p99 / figures([quiet]).p99),
    ),
    failed: disturbedSlices.flatMap(within).filter(({ error }) => error !== undefined).length,
    ends: countEnds(ends),
  };
}

interface Slice {
  readonly fromMs: number;
  readonly toMs: number;
}

function startFlood(
  { vector }: Client,
  { data }: Bench<LoadedDataset>,
  { namespace }: Victim,
  kind: Disturbance["kind"],
) {
  const calls: Promise<string>[] = [];
  const collection = data.collection.name;
  const asked = queryOf(data);
  const options = { deadlineMs: FLOOD_DEADLINE_MS };
  if (kind === "compare") {
    const asked = { collection, namespaces: [namespace], vector: queryOf(data), params: { exact: true } };
    return startLoops(() => endOf(vector.search(asked, options)));
  }
  const begin = () => {
    const call =
      kind === "search"
        ? vector.search({ collection, namespaces: [namespace], vector: asked }, options)
        : vector.upsert(
            { collection, records: [{ namespace, key: keyOf(data, namespace), vector: asked }] },
            options,
          );
    calls.push(endOf(call));
  };
  const timer = setInterval(begin, 1000 / FLOOD_PER_SECOND);
  let stopped = () => {};
  const ends = new Promise<void>((resolve) => {
    stopped = resolve;
  }).then(() => Promise.all(calls));
  return {
    ends,
    stop() {
      clearInterval(timer);
      stopped();
    },
  };
}

/** Calls that are under way all the time, `FLOOD_AT_ONCE` of them. */
function startLoops(call: () => Promise<string>) {
  let isStopped = false;
  const loop = async () => {
    const ends: string[] = [];
    while (!isStopped) ends.push(await call());
    return ends;
  };
  const loops = Promise.all(Array.from({ length: FLOOD_AT_ONCE }, loop));
  return {
    ends: loops.then((ends) => ends.flat()),
    stop() {
      isStopped = true;
    },
  };
}

function queryOf({ dataset }: LoadedDataset) {
  const [query] = dataset.queries;
  return { f32Le: new Uint8Array((query as Float32Array).slice().buffer) };
}

function keyOf({ dataset }: LoadedDataset, namespace: string): string {
  return dataset.records.find((record) => record.namespace === namespace)?.key ?? "";
}

/** A namespace whose node has the most namespaces in other shards. */
async function chooseVictim({ cluster, data }: Bench<LoadedDataset>): Promise<Victim> {
  const rows = await cluster.sql(
    `SELECT n AS namespace, s.shardid::int AS shard, shard_name($1::regclass, s.shardid) AS relation,
  concat(nodename, ':', nodeport) AS node
FROM unnest($2::text[]) n
  JOIN pg_dist_shard s ON s.shardid = get_shard_id_for_distribution_column($1::regclass, n)
  JOIN pg_dist_placement USING (shardid) JOIN pg_dist_node USING (groupid) ORDER BY n`,
    [data.collection.table, data.dataset.namespaces],
  );
  const candidates = rows.map((row) => ({
    row,
    others: rows.filter(({ node, shard }) => node === row.node && shard !== row.shard),
  }));
  const [best] = candidates.sort((a, b) => b.others.length - a.others.length);
  const target = cluster.nodes.find(({ group, name }) => group !== 0 && name !== best?.row.node);
  const node = cluster.nodes.find(({ name }) => name === best?.row.node);
  if (best === undefined || best.others.length === 0 || target === undefined || node === undefined)
    throw new Error("it needs two workers, and namespaces in several shards of one");
  return {
    namespace: String(best.row.namespace),
    shard: Number(best.row.shard),
    relation: String(best.row.relation),
    nodeUrl: node.url,
    source: node.name,
    target: target.name,
    others: best.others.map(({ namespace }) => String(namespace)),
  };
}

async function inTransaction(url: string, statements: readonly string[]): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("BEGIN");
  for (const statement of statements) await client.query(statement);
  return client;
}
