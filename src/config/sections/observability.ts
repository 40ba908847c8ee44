/** Settings of what Orrery measures and watches. */
import { z } from "zod";
import { count, countOrZero, milliseconds, section, text } from "../values.ts";

export const metrics = section({
  enabled: z
    .boolean()
    .default(true)
    .describe("Measure requests. Off, only the state of the coordinator and the cluster is exported."),
  namespaces: z
    .enum(["off", "allowlist", "top"])
    .default("top")
    .describe(
      "Which namespaces are a label: none, those of `metrics.allowedNamespaces`, or the most searched. All others are `_other`.",
    ),
  topNamespaces: count.max(200).default(20).describe("How many are a label with `top`."),
  allowedNamespaces: z
    .array(text)
    .max(200)
    .default([])
    .describe("The namespaces that are a label with `allowlist`."),
  shardSampleRate: z
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe("Share of the statements over several shards that are cut into one per shard, to time each."),
});

export const collectors = section({
  enabled: z
    .boolean()
    .default(true)
    .describe("Look at shards, standbys and nodes in the background and export what is seen."),
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
