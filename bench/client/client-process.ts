/** The main process's end of a client process. */
import { join } from "node:path";
import { type Forked, startForked } from "./forked.ts";
import type { Job, JobResult } from "./job.ts";

export function startClientProcess(): Forked<Job, JobResult> {
  return startForked(join(import.meta.dirname, "main.js"));
}
