/**
 * `search`: every system in a closed loop, slice by slice in turn, so that what disturbs the machine disturbs
 * all.
 */
import { exactAnswers, searchWorkloads, type Workload } from "../data/dataset.ts";
import { type Recall, recallOf } from "../measure/recall.ts";
import { measureSlice, type Series } from "../measure/series.ts";
import { shuffled } from "../measure/shuffled.ts";
import { warmUp } from "../measure/warm-up.ts";
import type { Options } from "../options.ts";
import { machine, writeResult } from "../report/results.ts";
import { searchPage } from "../report/search-page.ts";
import { searchTables } from "../report/search-tables.ts";
import { type SearchSummary, summarise } from "../report/summary.ts";
import { type Bench, type LoadedDataset, loadDataset, withBench } from "../setup/with-bench.ts";
import { asksOrrery } from "../systems/orrery.ts";
import type { System } from "../systems/system.ts";
import { openSystems } from "../systems/systems.ts";
import { runSweep } from "./sweep.ts";

export function runSearch(options: Options): Promise<void> {
  return withBench(options, loadDataset, async (bench) => {
    const { chosen, role } = await openSystems(bench);
    const workloads = searchWorkloads(bench.data.dataset);
    const series: Series[] = [];
    for (const workload of workloads) {
      const recalls = await recallsOf(chosen, workload, bench.data);
      for (const clients of options.clients) {
        for (const system of chosen) {
          if (system.cannot(workload) !== undefined) continue;
          series.push({ system, workload, clients, measurements: [], recall: recalls.get(system.id) });
        }
      }
    }
    if (asksOrrery(chosen)) await warmUp(bench.coordinators, workloads, bench);
    for (let repeat = 0; repeat < options.repeats; repeat++) {
      for (const each of shuffled(series, repeat + 1)) {
        each.measurements.push(await measureSlice(bench, each, repeat));
        console.error(progressLine(each, repeat));
      }
    }
    await refuseFailures(bench, series);
    const sweep = await runSweep(bench, workloads, role);
    report({ machine: machine(), settings: bench.cluster.settings, options, ...summarise(series), sweep });
  });
}

/** (c) gives the answers of (c'), (e) those of (d); (f) gives none. */
async function recallsOf(
  systems: readonly System[],
  workload: Workload,
  { dataset }: LoadedDataset,
): Promise<ReadonlyMap<string, Recall>> {
  const exact = exactAnswers(dataset, workload);
  const recalls = new Map<string, Recall>();
  for (const system of systems) {
    if (system.answers === undefined || system.cannot(workload) !== undefined) continue;
    recalls.set(system.id, recallOf(await system.answers(workload), exact));
  }
  for (const [id, same] of [
    ["c", "c'"],
    ["e", "d"],
  ] as const) {
    const known = recalls.get(same);
    if (known !== undefined) recalls.set(id, known);
  }
  return recalls;
}

/** A figure that counts errors as answers is worth nothing. */
async function refuseFailures({ coordinators }: Bench<unknown>, series: readonly Series[]): Promise<void> {
  for (const { system, workload, measurements } of series) {
    const [first] = measurements.flatMap(({ errors }) => errors);
    if (first !== undefined) throw new Error(`${system.name}, ${workload.name}: ${first}`);
  }
  const failures = coordinators.map((each) => each.failedCalls("orrery.v1.VectorService/Search"));
  const failed = (await Promise.all(failures)).reduce((sum, count) => sum + count, 0);
  if (failed > 0) throw new Error(`${failed} searches ended with a gRPC status other than OK`);
}

function progressLine({ system, workload, clients, measurements }: Series, repeat: number): string {
  const qps = Math.round(measurements.at(-1)?.qps ?? 0);
  return `${repeat + 1}  ${workload.name.padEnd(14)} ${String(clients).padStart(3)} clients  ${system.id.padEnd(2)} ${qps} QPS`;
}

function report(summary: SearchSummary): void {
  console.log(searchTables(summary));
  console.log(`\n${writeResult("search.json", JSON.stringify(summary, undefined, 1))}`);
  console.log(writeResult("search.html", searchPage(summary)));
}
