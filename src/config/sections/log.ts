import { z } from "zod";
import { milliseconds, section } from "../values.ts";

/** What is logged. */
export const log = section({
  level: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
    .default("info")
    .describe("Least level logged."),
  slowQueryMs: milliseconds
    .default(1_000)
    .describe("Searches that take at least this long are logged with their plan and timings."),
});
