import { z } from "zod";
import { memorySize, section } from "../values.ts";

const share = z.number().gt(0).max(1);

/** How much memory requests may hold at once. */
export const memory = section({
  limit: memorySize
    .optional()
    .describe(
      "Memory that the process may use. Unset: what its container or the machine has, at most twice the limit of Node's heap (`--max-old-space-size`).",
    ),
  requestShare: share
    .max(0.5)
    .default(0.2)
    .describe(
      "Share of it that all requests may hold at once: requests, rows, answers. A fifth of that is kept for small ones. More is refused with RESOURCE_EXHAUSTED.",
    ),
  callShare: share
    .default(0.75)
    .describe("Share of what all requests may hold that one call may hold; at most 0.8 of it."),
});
