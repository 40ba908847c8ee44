import { z } from "zod";
import { count, countOrZero, milliseconds, section, text } from "../values.ts";

/** What rebalances aim at, and when moves are throttled. */
export const rebalance = section({
  strategy: z
    .enum(["by_disk_size", "by_shard_count", "by_row_count", "by_load"])
    .default("by_disk_size")
    .describe("What is balanced over the nodes unless a request says otherwise."),
  threshold: z
    .number()
    .min(0)
    .max(10)
    .default(0.2)
    .describe("Imbalance, max / mean - 1 over the nodes, up to which nothing is moved."),
  movesPerNode: count.max(16).default(1).describe("Moves that may touch one node at the same time."),
  indexWorkers: countOrZero
    .max(64)
    .default(0)
    .describe(
      "Parallel workers that the target of a move, split or isolation uses for each build of an index. More end it sooner and take more cores from searches.",
    ),
  maxLagBytes: countOrZero
    .default(256 * 1024 * 1024)
    .describe(
      "No new move starts while a standby, or a move under way, is further behind its node than this, or its lag is unknown. 0: no limit.",
    ),
  maxSearchP95Ms: milliseconds
    .optional()
    .describe(
      "No new move starts while searches take longer than this at p95, or the latency is unknown. Unset: no limit.",
    ),
  maxStallMs: milliseconds
    .min(1_000)
    .default(600_000)
    .describe(
      "A move, split or isolation that copies, replicates and builds nothing for this long is ended and undone, and its operation fails and says why.",
    ),
  schedule: text
    .optional()
    .describe(
      "Cron expression, UTC, at which the leader plans and, if it is worth it, rebalances. Unset: never.",
    ),
  window: text
    .regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/, "must be HH:MM-HH:MM")
    .optional()
    .describe("Time of day, UTC, in which scheduled rebalances may start moves. Unset: always."),
});
