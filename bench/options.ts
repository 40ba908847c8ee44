/** The arguments of every mode. */
import { parseArgs } from "node:util";
import type { DatasetShape } from "./data/dataset.ts";

export interface Options extends DatasetShape {
  readonly mode: string;
  /** What follows the mode. */
  readonly names: readonly string[];
  readonly clients: readonly number[];
  readonly seconds: number;
  readonly warmup: number;
  /** Seconds that starting all clients of a slice may take. */
  readonly start: number;
  /** Seconds that a coordinator answers each workload before anything is measured. */
  readonly settle: number;
  readonly repeats: number;
  /** Ids of the systems to measure. */
  readonly systems: readonly string[];
  readonly shards: number;
  readonly workers: number;
  /** Of Orrery and of (b'). */
  readonly efSearch: number;
  /** ef_search values of the curves of QPS against recall. */
  readonly sweep: readonly number[];
  /** Shares of a system's own maximum, open-loop. */
  readonly loads: readonly number[];
  /** Requests per second; 0: as fast as they are answered. */
  readonly rate: number;
  /** Of scenario high_concurrency. */
  readonly connections: number;
  /** Records in one call, scenario bulk_insert. */
  readonly batch: number;
  /** Numbers of namespaces, scaling. */
  readonly scales: readonly number[];
  /** Of all namespaces together, scaling. */
  readonly total: number;
  /** Of the shard that moves. */
  readonly moved: number;
  /** rebalance.indexWorkers, move; undefined: its default. */
  readonly indexWorkers: number | undefined;
  /** Processes that (c) spreads its clients over. */
  readonly coordinators: number;
  /**
   * Of the coordinators' sessions, -20 to 19: how the cores are shared out between them and everything else.
   */
  readonly nice: number;
  /** In all, soak. */
  readonly requests: number;
  /** Folder of another checkout, versions. */
  readonly other: string;
  /** Of slices, for each workload and number of clients, versions. */
  readonly pairs: number;
  readonly profile: boolean;
  /** Records in the shard, recall and filters. */
  readonly sizes: readonly number[];
  /**
   * Kinds of index, recall and filters: none, half, binary; of word vectors: words-none ... Of data, peers:
   * mixture, words.
   */
  readonly kinds: readonly string[];
  /** Parts of the records that filters hold for, recall and filters. */
  readonly selectivities: readonly number[];
  /** recall_target, recall and filters. */
  readonly targets: readonly number[];
}

const ARGUMENTS = {
  clients: { type: "string", default: "1,24" },
  seconds: { type: "string", default: "5" },
  warmup: { type: "string", default: "2" },
  start: { type: "string", default: "3" },
  settle: { type: "string", default: "10" },
  repeats: { type: "string", default: "5" },
  systems: { type: "string", default: "a,a+,b,b+,b',c,c',d,e,f" },
  namespaces: { type: "string", default: "24" },
  records: { type: "string", default: "5000" },
  dimension: { type: "string", default: "384" },
  queries: { type: "string", default: "240" },
  shards: { type: "string", default: "12" },
  workers: { type: "string", default: "3" },
  "ef-search": { type: "string", default: "40" },
  sweep: { type: "string", default: "10,20,40,80,160,320" },
  loads: { type: "string", default: "0.25,0.5,0.75,0.9" },
  rate: { type: "string", default: "0" },
  connections: { type: "string", default: "500" },
  batch: { type: "string", default: "250" },
  scales: { type: "string", default: "10,1000,10000,100000" },
  total: { type: "string", default: "100000" },
  moved: { type: "string", default: "50000" },
  "index-workers": { type: "string", default: "" },
  coordinators: { type: "string", default: "1" },
  nice: { type: "string", default: "0" },
  requests: { type: "string", default: "1000000" },
  other: { type: "string", default: "" },
  pairs: { type: "string", default: "16" },
  profile: { type: "boolean", default: false },
  sizes: { type: "string", default: "1000,8000,40000,200000" },
  kinds: { type: "string", default: "none,half,binary,words-none" },
  selectivities: { type: "string", default: "0.5,0.3,0.1,0.03,0.01,0.003,0.001" },
  targets: { type: "string", default: "0.95,0.99" },
} as const;

/** Where a mode's defaults differ; what is given counts. */
const MODE_DEFAULTS: Readonly<Record<string, readonly string[]>> = {
  // About ten minutes on two cores.
  peers: [
    ...["--records", "20000", "--queries", "200", "--clients", "4", "--kinds", "mixture,words"],
    ...["--systems", "orrery,pgvector,redis,redis-q8,chroma,lancedb,hnswlib,usearch"],
    ...["--sweep", "10,20,40,80,160,320,640", "--repeats", "1"],
    ...["--seconds", "1.2", "--warmup", "0.4", "--start", "0.3", "--settle", "10"],
  ],
};

export const USAGE = `npm run bench -- <mode> [--name value ...]

  search                what every system does in a closed loop
  open-loop             Poisson arrivals at shares of each system's own maximum
  soak                  memory of the coordinator over a million searches
  scaling               the same records in 10 to 100,000 namespaces
  scenario <name>       one of bench/scenarios; without a name, all of them
  observability         searches with all metrics and collectors on, against off
  versions              this checkout against that of --other, slice by slice in turn
  fence                 CPU of a worker per search, with the fence of reads and without
  move                  latency and stalls while a shard moves with its index
  recall                what searches with filters find and cost, judged by what was promised
  filters               the same searches, beside plain pgvector SQL and comparing all
  peers                 Redis, Chroma, LanceDB, hnswlib, usearch, pgvector and Orrery at the same recall
  neighbours            searches of others while one namespace waits for locks
  memory                searches and writes of others beside large and hostile requests
  start                 time and CPU until a coordinator with embedded nodes is ready, with --other in turn
  cluster               a local cluster that stays until Ctrl-C, for ORRERY_CITUS_URL of other runs

Arguments and their defaults:
${Object.entries(ARGUMENTS)
  .map(([name, { default: value }]) => `  --${name.padEnd(12)}${value}`)
  .join("\n")}
${Object.entries(MODE_DEFAULTS)
  .map(([mode, defaults]) => `Those of ${mode}: ${defaults.join(" ")}`)
  .join("\n")}
`;

/** Throws on arguments that are not there or not numbers. */
export function readOptions(argv: readonly string[]): Options {
  const read = (args: string[]) => parseArgs({ args, options: ARGUMENTS, allowPositionals: true });
  const [mode = "help", ...names] = read([...argv]).positionals;
  const { values } = read([...(MODE_DEFAULTS[mode] ?? []), ...argv]);
  return {
    mode,
    names,
    clients: numbers(values.clients),
    seconds: number(values.seconds),
    warmup: number(values.warmup),
    start: number(values.start),
    settle: number(values.settle),
    repeats: number(values.repeats),
    systems: values.systems.split(","),
    namespaces: number(values.namespaces),
    records: number(values.records),
    dimension: number(values.dimension),
    queries: number(values.queries),
    shards: number(values.shards),
    workers: number(values.workers),
    efSearch: number(values["ef-search"]),
    sweep: numbers(values.sweep),
    loads: numbers(values.loads),
    rate: number(values.rate),
    connections: number(values.connections),
    batch: number(values.batch),
    scales: numbers(values.scales),
    total: number(values.total),
    moved: number(values.moved),
    indexWorkers: values["index-workers"] === "" ? undefined : number(values["index-workers"]),
    coordinators: number(values.coordinators),
    nice: niceness(values.nice),
    requests: number(values.requests),
    other: values.other,
    pairs: number(values.pairs),
    profile: values.profile,
    sizes: numbers(values.sizes),
    kinds: values.kinds.split(","),
    selectivities: numbers(values.selectivities),
    targets: numbers(values.targets),
  };
}

function number(text: string): number {
  const value = Number(text);
  if (text === "" || !Number.isFinite(value) || value < 0) throw new TypeError(`not a number: "${text}"`);
  return value;
}

function niceness(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < -20 || value > 19) throw new TypeError(`not -20 to 19: "${text}"`);
  return value;
}

function numbers(text: string): readonly number[] {
  return text === "" ? [] : text.split(",").map(number);
}
