import { z } from "zod";
import { section, text } from "../values.ts";

/** When the leader builds vector indexes anew that have grown. */
export const reindex = section({
  window: text
    .regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/, "must be HH:MM-HH:MM")
    .optional()
    .describe(
      "Time of day, UTC, in which the leader starts to build indexes anew that have grown, one at a time. Unset: never.",
    ),
  leastBloat: z
    .number()
    .min(1.1)
    .max(100)
    .default(1.5)
    .describe(
      "How many times the space per record that it took after its build makes an index worth another one: 1.5 where a third of it is of records that are gone.",
    ),
});
