/** The main process's end of a client process. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Job, JobResult } from "./job.ts";

export interface ClientProcess {
  readonly pid: number;
  /** One job at a time. Throws what the job threw. */
  run(job: Job): Promise<JobResult>;
  stop(): Promise<void>;
}

interface Answer {
  readonly result?: JobResult;
  readonly error?: string;
}

export function startClientProcess(): ClientProcess {
  // Advanced: vectors travel as bytes.
  const child = fork(join(import.meta.dirname, "main.js"), { serialization: "advanced" });
  if (child.pid === undefined) throw new Error("cannot start a client process");
  return {
    pid: child.pid,
    async run(job) {
      const listening = new AbortController();
      const { signal } = listening;
      const answered = once(child, "message", { signal }).then(([answer]) => answer as Answer);
      const ended = once(child, "exit", { signal }).then(
        (): Answer => ({ error: "the client process ended" }),
      );
      child.send(job);
      const { result, error } = await Promise.race([answered, ended]);
      // Whichever lost the race is waited for no longer.
      Promise.allSettled([answered, ended]);
      listening.abort();
      if (result === undefined) throw new Error(error);
      return result;
    },
    async stop() {
      const exited = once(child, "exit");
      child.kill();
      await exited;
    },
  };
}
