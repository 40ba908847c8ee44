/** Limits of admission that hold nobody back but by number. */
import type { AdmissionLimits } from "../../src/shards/class-of-work.ts";

export function unshared(max: number, queue = 100): AdmissionLimits {
  return {
    max,
    readShare: 1,
    writeShare: 1,
    namespaceShare: 1,
    shardShare: 1,
    queue,
    queueBytes: 1_000_000,
  };
}
