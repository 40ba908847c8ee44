import { z } from "zod";
import { count, section, text } from "../values.ts";

/** What is measured, and by which labels. */
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
    .describe(
      "Share of the statements over several shards after which one of the shards is asked again, alone, to time it.",
    ),
});
