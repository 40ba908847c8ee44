import { count, section } from "../values.ts";

/** Collections that are created without saying more. */
export const collection = section({
  shards: count
    .max(1024)
    .optional()
    .describe(
      "Shards of a new collection that names no number. Default: 32 with citus, 2 per node otherwise.",
    ),
  defaultDimension: count
    .max(2000)
    .optional()
    .describe(
      "Dimension of `memory_entries`, which the first migration creates. Default: 384. It changes no collection that exists: coordinators and `orrery doctor` warn where that has another.",
    ),
});
