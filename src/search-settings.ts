/** What searches run with that set nothing. Part of the composition root. */
import type { Config } from "./config.ts";
import { parseMemorySize } from "./lib/memory-size.ts";
import type { SearchSettings } from "./rebalance/known-cluster.ts";

export function searchSettings({ pool, query }: Pick<Config, "pool" | "query">): SearchSettings {
  return {
    efSearch: query.efSearch,
    workMemBytes: parseMemorySize(pool.workMem),
    maxScanTuples: pool.maxScanTuples,
  };
}
