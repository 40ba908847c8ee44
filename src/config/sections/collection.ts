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
    .default(384)
    .describe("Dimension of `memory_entries`, created by migrate."),
});
