/**
 * `soak`: one namespace searched at the largest number of clients until `--requests` have been answered, with
 * the coordinator's memory read on the way. Resident memory follows the heap of V8, which grows until it has
 * reason to stop; what is left after a full collection says whether anything is kept.
 */
import Table from "cli-table3";
import { searchWorkloads } from "../data/dataset.ts";
import { residentMib } from "../measure/cpu.ts";
import { measureSlice } from "../measure/series.ts";
import type { Options } from "../options.ts";
import { number } from "../report/figures.ts";
import { machine, writeResult } from "../report/results.ts";
import { loadDataset, withBench } from "../setup/with-bench.ts";
import { orreryByH2load } from "../systems/orrery.ts";

interface Reading {
  readonly answered: number;
  readonly residentMib: number;
  /**
   * Least of the heap in use since the reading before: as near to "after a collection" as can be seen from
   * outside.
   */
  readonly heapMib: number;
}

const READ_EVERY_MS = 250;

export function runSoak(options: Options): Promise<void> {
  return withBench(options, loadDataset, async (bench) => {
    const { coordinator, coordinators, data } = bench;
    const workload = searchWorkloads(data.dataset)[0];
    if (workload === undefined) throw new Error("no workload");
    const system = orreryByH2load(coordinators, data.collection);
    const clients = Math.max(...options.clients);
    const readings: Reading[] = [];
    let answered = 0;
    for (let slice = 0; answered < options.requests; slice++) {
      let least = Number.POSITIVE_INFINITY;
      const timer = setInterval(async () => {
        least = Math.min(least, await coordinator.heapMib());
      }, READ_EVERY_MS);
      const { latenciesMs, errors } = await measureSlice(bench, { system, workload, clients }, slice);
      clearInterval(timer);
      if (errors[0] !== undefined) throw new Error(errors[0]);
      answered = await coordinator.answeredCalls("orrery.v1.VectorService/Search");
      if (latenciesMs.length === 0) throw new Error("nothing was answered");
      readings.push({ answered, residentMib: residentMib(coordinator.pid), heapMib: least });
      console.error(`${answered} answered, ${Math.round(residentMib(coordinator.pid))} MiB resident`);
    }
    report(options, bench.cluster.settings, readings);
  });
}

function report(
  options: Options,
  settings: Readonly<Record<string, string>>,
  readings: readonly Reading[],
): void {
  const table = new Table({
    head: ["answered", "resident MiB", "heap MiB, least"],
    style: { head: [], border: [], compact: true },
  });
  const step = Math.max(1, Math.floor(readings.length / 10));
  for (const [i, { answered, residentMib: resident, heapMib }] of readings.entries()) {
    if (i % step === 0 || i === readings.length - 1)
      table.push([answered, number(resident, 0), number(heapMib, 1)]);
  }
  console.log(table.toString());
  const run = { machine: machine(), settings, options, readings };
  console.log(writeResult("soak.json", JSON.stringify(run, undefined, 1)));
}
