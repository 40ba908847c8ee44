import { z } from "zod";
import { countOrZero, milliseconds, section } from "../values.ts";

/** What the leader samples in the background, and how often. */
export const collectors = section({
  enabled: z
    .boolean()
    .default(true)
    .describe("Sample shards, standbys and nodes in the background and export the results."),
  balanceIntervalMs: milliseconds
    .default(30_000)
    .describe("How often the leader reads the sizes of the shards."),
  replicationIntervalMs: milliseconds
    .default(5_000)
    .describe("How often the leader reads how far standbys are behind."),
  nodesIntervalMs: milliseconds
    .default(15_000)
    .describe("How often the leader reads the state of the servers."),
  operationsIntervalMs: milliseconds.default(10_000).describe("How often the leader counts the operations."),
  recallIntervalMs: countOrZero
    .default(600_000)
    .describe(
      "How often the leader compares the index of a shard with the truth, which reads the shard five times. 0: never.",
    ),
  nodeTimeoutMs: milliseconds
    .default(5_000)
    .describe("How long a node may take to answer one of these; then it goes on without it."),
  forgetStandbyAfterMs: milliseconds
    .default(86_400_000)
    .describe("How long a standby without a slot is reported after it went."),
});
