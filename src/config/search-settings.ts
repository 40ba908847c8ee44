/** What searches and moves run with that set nothing themselves. */
import { parseMemorySize } from "../lib/memory-size.ts";
import type { Config } from "./load.ts";

export interface ConfiguredSearches {
  /** undefined: as the recall wanted needs. */
  readonly efSearch: number | undefined;
  readonly workMemBytes: number;
  readonly maxScanTuples: number;
}

/** As the advice takes them. */
export function searchSettings({ pool, query }: Pick<Config, "pool" | "query">) {
  return {
    efSearch: query.efSearch,
    workMemBytes: parseMemorySize(pool.workMem),
    maxScanTuples: pool.maxScanTuples,
  };
}

/** Parallel workers of a build by a move; 0 where shards do not move. */
export function indexWorkers({ engine, rebalance }: Pick<Config, "engine" | "rebalance">): number {
  return engine === "citus" ? rebalance.indexWorkers : 0;
}
