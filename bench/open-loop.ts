/**
 * `open-loop`: latency at shares of what each system can do at most, as users who do not wait for each other
 * see it.
 */
import type { Load } from "./client/job.ts";
import type { Workload } from "./dataset.ts";
import { type LoadResult, loadResult } from "./measure/load-result.ts";
import type { Options } from "./options.ts";
import { loadTable, type NamedLoad } from "./report/load-table.ts";
import { machine, writeResult } from "./report/results.ts";
import { measureSlice, searchWorkloads } from "./search.ts";
import { loadDataset, withBench } from "./set-up.ts";
import type { ClientSystem } from "./systems/client-system.ts";
import { asksOrrery } from "./systems/orrery.ts";
import { openClientSystems } from "./systems/systems.ts";
import { warmUp } from "./warm-up.ts";

/** Requests that may wait for a connection before more are dropped. */
const QUEUE = 1_000;

export function runOpenLoop(options: Options): Promise<void> {
  return withBench(options, loadDataset, async (bench) => {
    const systems = await openClientSystems(bench);
    const clients = Math.max(...options.clients);
    const loads: NamedLoad[] = [];
    const workloads = searchWorkloads(bench.data);
    if (asksOrrery(systems)) await warmUp(bench.coordinators, workloads, bench);
    for (const workload of workloads) {
      const able = systems.filter((system) => system.cannot(workload) === undefined);
      for (let repeat = 0; repeat < options.repeats; repeat++) {
        for (const system of able) {
          const { qps: most } = await measureSlice(bench, { system, workload, clients }, repeat);
          console.error(`${repeat + 1}  ${workload.name}  ${system.id} at most ${Math.round(most)} QPS`);
          for (const share of options.loads) {
            const load = { workload, clients, ratePerSecond: share * most, seed: repeat + 1 };
            const result = await askAtRate(system, load, options);
            const names = [workload.name, `${system.id} ${system.name}`, `${share * 100} %`];
            loads.push({ names, result });
          }
        }
      }
    }
    console.log(loadTable(["workload", "system", "of its maximum"], loads));
    const { settings } = bench.cluster;
    const run = { machine: machine(), settings, options, loads };
    console.log(writeResult("open-loop.json", JSON.stringify(run, undefined, 1)));
  });
}

/** Poisson arrivals of the workload's queries in turn; with rate 0 a closed loop instead. */
export async function askAtRate(
  system: ClientSystem,
  load: {
    readonly workload: Workload;
    readonly clients: number;
    readonly ratePerSecond: number;
    readonly seed: number;
  },
  { seconds, warmup }: Pick<Options, "seconds" | "warmup">,
): Promise<LoadResult> {
  const { workload, ...rates } = load;
  const duration = warmup + seconds;
  const samples = await system.ask(workload, loadAtRate(rates, duration));
  return loadResult(samples, warmup);
}

export function loadAtRate(
  rates: { readonly clients: number; readonly ratePerSecond: number; readonly seed: number },
  seconds: number,
): Load {
  if (rates.ratePerSecond > 0) return { kind: "open", queue: QUEUE, seconds, ...rates };
  return { kind: "closed", clients: rates.clients, seconds };
}
