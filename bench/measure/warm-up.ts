/**
 * A coordinator that has been up for a while: V8 compiles what runs hot over the first tens of thousands of
 * calls.
 */

import type { Workload } from "../data/dataset.ts";
import type { Options } from "../options.ts";
import type { CoordinatorProcess } from "../setup/coordinator.ts";
import type { LoadedDataset } from "../setup/with-bench.ts";
import { orreryByH2load } from "../systems/orrery.ts";

/** Each coordinator answers each workload for `settle` seconds, asked by the most clients of the run. */
export async function warmUp(
  coordinators: readonly CoordinatorProcess[],
  workloads: readonly Workload[],
  {
    data,
    options: { settle, clients },
  }: { readonly data: LoadedDataset; readonly options: Pick<Options, "settle" | "clients"> },
): Promise<void> {
  if (settle === 0) return;
  for (const coordinator of coordinators) {
    const system = orreryByH2load([coordinator], data.collection);
    for (const workload of workloads) {
      const slice = { workload, clients: Math.max(...clients), seconds: settle, firstQuery: 0 };
      await (await system.start(slice)).samples;
    }
  }
}
