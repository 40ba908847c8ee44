import { count, countOrZero, milliseconds, section } from "../values.ts";

/** How searches and counts are carried out. */
export const query = section({
  exactMaxRows: countOrZero
    .default(1000)
    .describe(
      "Up to this many estimated rows, counted with those that a filter must look at, a search compares them all instead of using the index.",
    ),
  efSearch: count
    .max(1000)
    .optional()
    .describe(
      "hnsw.ef_search of searches that set none. Unset: what the recall target of the collection needs.",
    ),
  branchesPerStatement: count.max(1000).default(64).describe("Shards asked in one statement."),
  exactCountMaxRows: countOrZero
    .default(5_000_000)
    .describe("Up to this many estimated rows Count of all namespaces counts; above it estimates."),
  statisticsIntervalMs: milliseconds.default(30_000).describe("How often row estimates are read."),
});
