import { namespaceWorkload } from "../data/dataset.ts";
import { type Scenario, searchLoads } from "./scenario.ts";

/** The ten best of one namespace, and so of one shard. */
export const singleShardSearch: Scenario = {
  name: "single_shard_search",
  run: (bench) =>
    searchLoads(bench, [
      namespaceWorkload(bench.data.dataset, { name: "one namespace", count: 1, topK: 10 }),
    ]),
};
