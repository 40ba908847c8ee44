import { batchesOf } from "../setup/collection.ts";
import type { Scenario } from "./scenario.ts";
import { writeLoads } from "./write-loads.ts";

/**
 * New records, `--batch` of one namespace a call, with the index in place. Should all be written, they are
 * again.
 */
export const bulkInsert: Scenario = {
  name: "bulk_insert",
  run: (bench) =>
    writeLoads(bench, {
      name: `calls of ${bench.options.batch} records`,
      batches: batchesOf(bench.data.dataset.records, bench.options.batch),
    }),
};
