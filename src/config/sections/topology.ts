import { z } from "zod";
import { milliseconds, section } from "../values.ts";

/** How the map is published, checked and kept alive. */
export const topology = section({
  publishIntervalMs: milliseconds.default(1_000).describe("How often the leader reads the catalogs."),
  reconcileIntervalMs: milliseconds
    .default(30_000)
    .describe("How often every coordinator lists the map again, watch or not."),
  rebuildIntervalMs: milliseconds
    .default(10_000)
    .describe("How often the catalogs are read while etcd is unreachable."),
  checkIntervalMs: milliseconds
    .default(10_000)
    .describe("How often the leader compares the nodes' metadata."),
  leaseTtlSeconds: z
    .int()
    .min(2)
    .max(300)
    .default(10)
    .describe("Lease of the leader and of the coordinators' keys."),
});
