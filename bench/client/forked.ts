/** A process of ours that does one job after another, so that its CPU time is that of the jobs. */
import { fork } from "node:child_process";
import { once } from "node:events";

export interface Forked<J, R> {
  readonly pid: number;
  /** One job at a time. Throws what the job threw. */
  run(job: J): Promise<R>;
  stop(): Promise<void>;
}

interface Answer<R> {
  readonly result?: R;
  readonly error?: string;
}

/** `file` is a compiled program that calls `serveJobs`. */
export function startForked<J extends object, R>(file: string): Forked<J, R> {
  // Advanced: vectors travel as bytes.
  const child = fork(file, { serialization: "advanced" });
  if (child.pid === undefined) throw new Error(`cannot start ${file}`);
  return {
    pid: child.pid,
    async run(job) {
      const listening = new AbortController();
      const { signal } = listening;
      const answered = once(child, "message", { signal }).then(([answer]) => answer as Answer<R>);
      const ended = once(child, "exit", { signal }).then((): Answer<R> => ({ error: `${file} ended` }));
      child.send(job);
      const { result, error } = await Promise.race([answered, ended]);
      // Whichever lost the race is waited for no longer.
      Promise.allSettled([answered, ended]);
      listening.abort();
      if (result === undefined) throw new Error(error);
      return result;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill();
      await exited;
    },
  };
}

/** The other end. */
export function serveJobs<J, R>(run: (job: J) => Promise<R>): void {
  process.on("message", (job: J) => {
    void run(job).then(
      (result) => process.send?.({ result }),
      (error: unknown) => process.send?.({ error: error instanceof Error ? error.stack : String(error) }),
    );
  });
}
