/**
 * QPS against recall: Orrery and Citus SQL (b') over values of ef_search, at the largest number of clients.
 */
import { exactAnswers, type Workload } from "../data/dataset.ts";
import { recallOf } from "../measure/recall.ts";
import { measureSlice } from "../measure/series.ts";
import type { SweepPoint } from "../report/summary.ts";
import type { Bench, LoadedDataset } from "../setup/with-bench.ts";
import { clientSystem } from "../systems/client-system.ts";
import type { IterativeRole } from "../systems/iterative-role.ts";
import { orreryByH2load } from "../systems/orrery.ts";
import { citusIterative } from "../systems/sql.ts";
import type { System } from "../systems/system.ts";

export async function runSweep(
  bench: Bench<LoadedDataset>,
  workloads: readonly Workload[],
  role: IterativeRole,
): Promise<readonly SweepPoint[]> {
  const { options, data, coordinator, coordinators } = bench;
  const { collection } = data;
  const clients = Math.max(...options.clients);
  const points: SweepPoint[] = [];
  for (const workload of workloads) {
    const exact = exactAnswers(data.dataset, workload);
    for (const [repeat, efSearch] of options.sweep.entries()) {
      await role.setEfSearch(efSearch);
      const citus = citusIterative(role, collection);
      const asked = clientSystem({
        id: "c",
        name: "Orrery",
        driver: ({ topK }) => ({
          kind: "orrery-search",
          address: coordinator.address,
          collection: collection.name,
          topK,
          efSearch,
        }),
      });
      const loaded = orreryByH2load(coordinators, collection, efSearch);
      const point = async (system: string, asking: System, loading: System) => {
        const answers = (await asking.answers?.(workload)) ?? [];
        const { qps } = await measureSlice(bench, { system: loading, workload, clients }, repeat);
        points.push({
          workload: workload.name,
          system,
          efSearch,
          qps,
          recall: recallOf(answers, exact).mean,
        });
      };
      try {
        await point("b'", citus, citus);
        await point("c", asked, loaded);
      } finally {
        await Promise.all([citus.stop(), asked.stop()]);
      }
    }
  }
  await role.setEfSearch(options.efSearch);
  return points;
}
