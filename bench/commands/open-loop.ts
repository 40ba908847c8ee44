/**
 * `open-loop`: latency at shares of what each system can do at most, as users who do not wait for each other
 * see it.
 */
import { searchWorkloads } from "../data/dataset.ts";
import { askAtRate } from "../measure/load-at-rate.ts";
import { measureSlice } from "../measure/series.ts";
import { warmUp } from "../measure/warm-up.ts";
import type { Options } from "../options.ts";
import { loadTable, type NamedLoad } from "../report/load-table.ts";
import { machine, writeResult } from "../report/results.ts";
import { loadDataset, withBench } from "../setup/with-bench.ts";
import { asksOrrery } from "../systems/orrery.ts";
import { openClientSystems } from "../systems/systems.ts";

export function runOpenLoop(options: Options): Promise<void> {
  return withBench(options, loadDataset, async (bench) => {
    const systems = await openClientSystems(bench);
    const clients = Math.max(...options.clients);
    const loads: NamedLoad[] = [];
    const workloads = searchWorkloads(bench.data.dataset);
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
