/** What every mode starts from: a cluster, records in it, a coordinator. */
import { type Defer, withReleasers } from "../../src/lib/releasers.ts";
import { createDataset, type Dataset } from "../data/dataset.ts";
import type { Options } from "../options.ts";
import { resultsFolder } from "../report/results.ts";
import { type BenchCluster, openCluster } from "./cluster.ts";
import { type BenchCollection, createCollection, loadRecords } from "./collection.ts";
import { type CoordinatorProcess, migrate, startCoordinator } from "./coordinator.ts";

/** Processes whose CPU time is counted. */
export interface Watched {
  readonly coordinators: readonly number[];
  /** Postmasters; empty when they run elsewhere. */
  readonly postgres: readonly number[];
}

export interface Bench<T> {
  readonly options: Options;
  readonly cluster: BenchCluster;
  /** The first of them. */
  readonly coordinator: CoordinatorProcess;
  readonly coordinators: readonly CoordinatorProcess[];
  readonly watched: Watched;
  /** What was loaded. */
  readonly data: T;
  readonly defer: Defer;
}

/** Writes what a mode needs, through the coordinator at `address`. */
export type Load<T> = (cluster: BenchCluster, address: string, options: Options) => Promise<T>;

export interface LoadedDataset {
  readonly dataset: Dataset;
  readonly collection: BenchCollection;
}

/** Runs `body`, then ends everything it kept, also when it throws. */
export async function withBench<T>(
  options: Options,
  load: Load<T>,
  body: (bench: Bench<T>) => Promise<void>,
): Promise<void> {
  const { stop } = await withReleasers(async (defer) => {
    const cluster = await openCluster({ url: process.env.ORRERY_CITUS_URL, workers: options.workers });
    defer("cluster", () => cluster.stop(), 60_000);
    const settings = { citusUrl: cluster.url, efSearch: options.efSearch };
    await migrate(settings);
    const loader = await startCoordinator(settings);
    const data = await load(cluster, loader.address, options).finally(() => loader.stop());
    // Another one, so that it starts with the statistics of what was loaded and without the memory that
    // loading took.
    const profileFolder = options.profile ? resultsFolder("profile") : undefined;
    const coordinators: CoordinatorProcess[] = [];
    for (let i = 0; i < options.coordinators; i++) {
      const started = await startCoordinator({ ...settings, profileFolder, nice: options.nice });
      defer("coordinator", () => started.stop(), 30_000);
      coordinators.push(started);
    }
    const watched = watchedOf(cluster, coordinators);
    const [coordinator] = coordinators;
    if (coordinator === undefined) throw new TypeError("--coordinators must be at least 1");
    await body({ options, cluster, coordinator, coordinators, watched, data, defer });
  });
  await stop();
}

export async function loadDataset(
  cluster: BenchCluster,
  address: string,
  options: Options,
): Promise<LoadedDataset> {
  const { namespaces, records, dimension, shards } = options;
  const dataset = createDataset(options);
  const name = `bench_${namespaces}x${records}x${dimension}_${shards}`;
  const collection = await createCollection(cluster, address, { name, dimension, shards });
  await loadRecords(cluster, address, collection, dataset.records);
  return { dataset, collection };
}

function watchedOf(cluster: BenchCluster, coordinators: readonly CoordinatorProcess[]): Watched {
  const pids = cluster.nodes.map(({ pid }) => pid);
  const local = pids.every((pid) => pid !== undefined);
  return { coordinators: coordinators.map(({ pid }) => pid), postgres: local ? (pids as number[]) : [] };
}
