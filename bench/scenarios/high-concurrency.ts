import { namespaceWorkload } from "../data/dataset.ts";
import { loadResult } from "../measure/load-result.ts";
import type { NamedLoad } from "../report/load-table.ts";
import { startH2load } from "../systems/h2load.ts";
import { searchEncoder } from "../systems/orrery.ts";
import type { Scenario } from "./scenario.ts";

const METHOD = "orrery.v1.VectorService/Search";
const PROCESSES = 20;

/**
 * Many HTTP/2 connections at once, one search under way on each. Refused searches count as errors, not as
 * answers.
 */
export const highConcurrency: Scenario = {
  name: "high_concurrency",
  async run({ coordinator, data, options }) {
    const workload = namespaceWorkload(data.dataset, { name: "one namespace", count: 1, topK: 10 });
    const bodyOf = searchEncoder(data.collection.name);
    const loads: NamedLoad[] = [];
    for (let repeat = 0; repeat < options.repeats; repeat++) {
      const failedBefore = await coordinator.failedCalls(METHOD);
      const load = await startH2load({
        addresses: [coordinator.address],
        method: METHOD,
        bodies: workload.queries.slice(0, PROCESSES).map((query) => bodyOf(query, workload)),
        seconds: options.warmup + options.seconds,
        connections: Math.ceil(options.connections / PROCESSES),
      });
      const result = loadResult(await load.samples, options.warmup);
      const errors = result.errors + (await coordinator.failedCalls(METHOD)) - failedBefore;
      loads.push({
        names: [`${options.connections} connections`, "c Orrery, h2load"],
        result: { ...result, errors },
      });
    }
    return loads;
  },
};
