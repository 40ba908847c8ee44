/**
 * Two coordinators over one cluster, compared by pairs of slices that follow each other. Each is first in
 * every other pair, so that neither has the better place. While one is measured the other is stopped
 * (SIGSTOP), so that what it does in the background is not charged to both.
 */
import { searchWorkloads, type Workload } from "../data/dataset.ts";
import type { CoordinatorProcess } from "../setup/coordinator.ts";
import type { Bench, LoadedDataset } from "../setup/with-bench.ts";
import { orreryByH2load, orreryByNode } from "../systems/orrery.ts";
import type { Measurement } from "./measure.ts";
import { measureSlice } from "./series.ts";
import { warmUp } from "./warm-up.ts";

/** `subject` is judged by what `base` does. */
export interface Compared<T> {
  readonly base: T;
  readonly subject: T;
}

/** Two slices of the same workload, number of clients and queries. */
export interface Pair extends Compared<Measurement> {
  readonly workload: string;
  readonly clients: number;
}

export interface PairedRun {
  readonly coordinators: Compared<CoordinatorProcess>;
  /** Of each workload with each number of clients. */
  readonly pairs: number;
  /** Starts what goes on beside each slice of a coordinator; what it returns ends it. */
  readonly beside?: (coordinator: CoordinatorProcess) => () => void;
}

interface Slice {
  readonly workload: Workload;
  readonly clients: number;
  readonly repeat: number;
}

/** Says on stderr how each pair came out. Throws when a search failed. */
export async function measurePairs(bench: Bench<LoadedDataset>, run: PairedRun): Promise<readonly Pair[]> {
  const { base, subject } = run.coordinators;
  const workloads = searchWorkloads(bench.data.dataset);
  await warmUp([base, subject], workloads, bench);
  freeze(base);
  freeze(subject);
  bench.defer("frozen coordinators", async () => [base, subject].forEach(thaw));
  const pairs: Pair[] = [];
  for (let repeat = 0; repeat < run.pairs; repeat += 1) {
    for (const workload of workloads) {
      for (const clients of bench.options.clients) {
        const pair = await measurePair(bench, run, { workload, clients, repeat });
        pairs.push(pair);
        console.error(`${repeat + 1}  ${line(pair)}`);
      }
    }
  }
  thaw(base);
  thaw(subject);
  await refuseFailures(bench.data, [base, subject]);
  return pairs;
}

async function measurePair(bench: Bench<LoadedDataset>, run: PairedRun, slice: Slice): Promise<Pair> {
  const { base, subject } = run.coordinators;
  const measured = new Map<CoordinatorProcess, Measurement>();
  for (const coordinator of slice.repeat % 2 === 0 ? [base, subject] : [subject, base]) {
    thaw(coordinator);
    const end = run.beside?.(coordinator);
    try {
      measured.set(coordinator, await measureOne(bench, coordinator, slice));
    } finally {
      end?.();
      freeze(coordinator);
    }
  }
  return {
    workload: slice.workload.name,
    clients: slice.clients,
    base: measured.get(base) as Measurement,
    subject: measured.get(subject) as Measurement,
  };
}

async function measureOne(
  { options, data, watched }: Bench<LoadedDataset>,
  coordinator: CoordinatorProcess,
  { repeat, ...slice }: Slice,
): Promise<Measurement> {
  const system = orreryByH2load([coordinator], data.collection);
  const asked = { options, watched: { ...watched, coordinators: [coordinator.pid] } };
  const measurement = await measureSlice(asked, { system, ...slice }, repeat);
  const [error] = measurement.errors;
  if (error !== undefined) throw new Error(`${slice.workload.name}: ${error}`);
  return measurement;
}

function freeze({ pid }: CoordinatorProcess): void {
  process.kill(pid, "SIGSTOP");
}

function thaw({ pid }: CoordinatorProcess): void {
  process.kill(pid, "SIGCONT");
}

/** One without metrics does not count its calls; so each is asked once more by a client that checks. */
async function refuseFailures(
  { dataset, collection }: LoadedDataset,
  coordinators: readonly CoordinatorProcess[],
): Promise<void> {
  for (const coordinator of coordinators) {
    const failed = await coordinator.failedCalls("orrery.v1.VectorService/Search");
    if (failed > 0) throw new Error(`${failed} searches ended with a gRPC status other than OK`);
    for (const workload of searchWorkloads(dataset)) {
      const system = orreryByNode(coordinator, collection);
      await system.answers?.(workload);
      await system.stop();
    }
  }
}

function line({ workload, clients, subject, base }: Pair): string {
  const share = ((subject.qps / base.qps) * 100).toFixed(1);
  return `${workload.padEnd(14)} ${String(clients).padStart(3)} clients  ${Math.round(subject.qps)} to ${Math.round(base.qps)} QPS (${share} %)`;
}
