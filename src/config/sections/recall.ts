import { z } from "zod";
import { count, milliseconds, section, share, text } from "../values.ts";

/** How the leader measures at which width an index has which recall. */
export const recall = section({
  enabled: z
    .boolean()
    .default(true)
    .describe(
      "Measure the recall of indexes. Without it searches go by what was measured before, or by careful assumptions.",
    ),
  intervalMs: milliseconds
    .default(60_000)
    .describe("How often the leader looks for what is to be measured, and every coordinator for results."),
  cpuShare: share.default(0.02).describe("Of a core that measuring takes, on one node at a time."),
  window: text
    .regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/, "must be HH:MM-HH:MM")
    .default("00:00-05:00")
    .describe(
      "Time of day, UTC, at which what was measured before is measured again when it has changed. The first measurement does not wait for it.",
    ),
  leastRows: count
    .default(4_096)
    .describe("Shards with fewer rows are not measured: comparing all of them is as quick."),
});
