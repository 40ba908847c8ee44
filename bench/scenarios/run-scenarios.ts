/** `scenario`: those named, or all, on one cluster. */
import type { Options } from "../options.ts";
import { loadTable } from "../report/load-table.ts";
import { machine, writeResult } from "../report/results.ts";
import { loadDataset, withBench } from "../setup/with-bench.ts";
import { bulkInsert } from "./bulk-insert.ts";
import { concurrentUpdates } from "./concurrent-updates.ts";
import { crossShardSearch } from "./cross-shard-search.ts";
import { highConcurrency } from "./high-concurrency.ts";
import type { Scenario } from "./scenario.ts";
import { singleShardSearch } from "./single-shard-search.ts";

const SCENARIOS: readonly Scenario[] = [
  singleShardSearch,
  crossShardSearch,
  highConcurrency,
  bulkInsert,
  concurrentUpdates,
];

export function runScenarios(options: Options): Promise<void> {
  const chosen = options.names.length === 0 ? SCENARIOS : options.names.map(scenarioOf);
  return withBench(options, loadDataset, async (bench) => {
    for (const scenario of chosen) {
      const loads = await scenario.run(bench);
      console.log(`\n${scenario.name}`);
      console.log(loadTable(["", "system"], loads));
      const run = { machine: machine(), settings: bench.cluster.settings, options, loads };
      console.log(writeResult(`${scenario.name}.json`, JSON.stringify(run, undefined, 1)));
    }
  });
}

function scenarioOf(name: string): Scenario {
  const scenario = SCENARIOS.find((each) => each.name === name);
  if (scenario !== undefined) return scenario;
  throw new TypeError(`no scenario ${name}; there are ${SCENARIOS.map((each) => each.name).join(", ")}`);
}
