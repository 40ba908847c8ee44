import { namespaceWorkload } from "../data/dataset.ts";
import { type Scenario, searchLoads } from "./scenario.ts";

/** The twenty best of three and of five namespaces, which lie in different shards more often than not. */
export const crossShardSearch: Scenario = {
  name: "cross_shard_search",
  run: (bench) =>
    searchLoads(
      bench,
      [3, 5].map((count) =>
        namespaceWorkload(bench.data.dataset, { name: `${count} namespaces`, count, topK: 20 }),
      ),
    ),
};
