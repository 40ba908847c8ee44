/**
 * `scaling`: the same records in ever more namespaces, a collection each. Each slice has a fresh coordinator,
 * so that its memory is what that number of namespaces costs.
 */
import Table from "cli-table3";
import { createDataset, namespaceWorkload, type Workload } from "../data/dataset.ts";
import { residentMib } from "../measure/cpu.ts";
import { type LoadResult, loadResult } from "../measure/load-result.ts";
import { spread } from "../measure/statistics.ts";
import type { Options } from "../options.ts";
import { number, range } from "../report/figures.ts";
import { machine, writeResult } from "../report/results.ts";
import { type BenchCollection, createCollection, loadRecords } from "../setup/collection.ts";
import { startCoordinator } from "../setup/coordinator.ts";
import { type Load, withBench } from "../setup/with-bench.ts";
import { orreryByNode } from "../systems/orrery.ts";

interface Scale {
  readonly namespaces: number;
  readonly collection: BenchCollection;
  readonly workload: Workload;
}

interface Step extends Scale {
  readonly results: LoadResult[];
  readonly residentMib: number[];
}

const loadScales: Load<readonly Scale[]> = async (cluster, address, options) => {
  const { scales, total, dimension, shards, queries } = options;
  const loaded: Scale[] = [];
  for (const namespaces of scales) {
    const records = Math.ceil(total / namespaces);
    const dataset = createDataset({ namespaces, records, dimension, queries });
    const name = `bench_${namespaces}x${records}x${dimension}_${shards}`;
    const collection = await createCollection(cluster, address, { name, dimension, shards });
    await loadRecords(cluster, address, collection, dataset.records);
    const workload = namespaceWorkload(dataset, { name: "one namespace", count: 1, topK: 10 });
    loaded.push({ namespaces, collection, workload: spreadOver(workload, dataset.namespaces) });
  }
  return loaded;
};

export function runScaling(options: Options): Promise<void> {
  return withBench(options, loadScales, async ({ cluster, data }) => {
    const steps = data.map((scale): Step => ({ ...scale, results: [], residentMib: [] }));
    for (let repeat = 0; repeat < options.repeats; repeat++) {
      for (const step of steps) {
        await runStep(step, cluster.url, options);
        const p50Ms = step.results.at(-1)?.p50Ms;
        console.error(`${repeat + 1}  ${step.namespaces} namespaces  p50 ${number(p50Ms, 2)} ms`);
      }
    }
    report(options, cluster.settings, steps);
  });
}

async function runStep(step: Step, citusUrl: string, { seconds, warmup, efSearch }: Options): Promise<void> {
  const coordinator = await startCoordinator({ citusUrl, efSearch });
  const system = orreryByNode(coordinator, step.collection);
  try {
    const load = { kind: "closed", clients: 1, seconds: warmup + seconds } as const;
    const result = loadResult(await system.ask(step.workload, load), warmup);
    if (result.firstError !== undefined) throw new Error(result.firstError);
    step.results.push(result);
    step.residentMib.push(residentMib(coordinator.pid));
  } finally {
    await system.stop();
    await coordinator.stop();
  }
}

/** Every query another namespace, from all over the list. */
function spreadOver(workload: Workload, namespaces: readonly string[]): Workload {
  const stride = Math.max(1, Math.floor(namespaces.length / workload.queries.length));
  return {
    ...workload,
    queries: workload.queries.map(({ vector }, i) => ({
      vector,
      namespaces: [namespaces[(i * stride) % namespaces.length] as string],
    })),
  };
}

function report(options: Options, settings: Readonly<Record<string, string>>, steps: readonly Step[]): void {
  const rows = steps.map(({ namespaces, results, residentMib: mib }) => ({
    namespaces,
    p50Ms: spread(results.map(({ p50Ms }) => p50Ms)),
    p99Ms: spread(results.map(({ p99Ms }) => p99Ms)),
    residentMib: spread(mib),
  }));
  const first = rows[0]?.p50Ms.median ?? Number.NaN;
  const table = new Table({
    head: ["namespaces", "p50 ms", "to the first", "p99 ms", "coordinator MiB"],
    style: { head: [], border: [], compact: true },
  });
  for (const { namespaces, p50Ms, p99Ms, residentMib: mib } of rows) {
    table.push([
      namespaces,
      `${number(p50Ms.median, 2)} [${range(p50Ms, 2)}]`,
      number(p50Ms.median / first, 2),
      number(p99Ms.median, 2),
      `${number(mib.median, 0)} [${range(mib, 0)}]`,
    ]);
  }
  console.log(table.toString());
  const run = { machine: machine(), settings, options, rows };
  console.log(writeResult("scaling.json", JSON.stringify(run, undefined, 1)));
}
