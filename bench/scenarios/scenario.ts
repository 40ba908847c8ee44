/** A load somebody may want to see again and again, at a rate and for a time given by arguments. */
import type { Workload } from "../data/dataset.ts";
import { askAtRate } from "../measure/load-at-rate.ts";
import type { NamedLoad } from "../report/load-table.ts";
import type { Bench, LoadedDataset } from "../setup/with-bench.ts";
import { openClientSystems } from "../systems/systems.ts";

export interface Scenario {
  readonly name: string;
  run(bench: Bench<LoadedDataset>): Promise<readonly NamedLoad[]>;
}

/** Every system that can, in turn, repeat by repeat. */
export async function searchLoads(
  bench: Bench<LoadedDataset>,
  workloads: readonly Workload[],
): Promise<readonly NamedLoad[]> {
  const { options } = bench;
  const systems = await openClientSystems(bench);
  const loads: NamedLoad[] = [];
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    for (const workload of workloads) {
      for (const system of systems.filter((each) => each.cannot(workload) === undefined)) {
        const clients = Math.max(...options.clients);
        const load = { workload, clients, ratePerSecond: options.rate, seed: repeat + 1 };
        const result = await askAtRate(system, load, options);
        loads.push({ names: [workload.name, `${system.id} ${system.name}`], result });
      }
    }
  }
  return loads;
}
