/** One slice of one system: how many answers, how long each took, whose CPU they cost. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Samples } from "../client/job.ts";
import type { Watched } from "../setup/with-bench.ts";
import type { RunningLoad } from "../systems/system.ts";
import { cpuSecondsOf, isRunning } from "./cpu.ts";

export interface Window {
  /** Until the last of many programs has started; the first asks already. */
  readonly startSeconds: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
}

export interface Measurement {
  readonly qps: number;
  readonly latenciesMs: readonly number[];
  readonly errors: readonly string[];
  /** Microseconds per answer. */
  readonly cpuUs: {
    readonly client: number;
    readonly coordinator: number;
    /** NaN when not on this machine. */
    readonly postgres: number;
  };
}

/** What a load must last, so that it is still running when the window ends. */
export function loadSeconds({ startSeconds, warmupSeconds, seconds }: Window): number {
  return Math.ceil(startSeconds + warmupSeconds + seconds);
}

/** Counts only answers that ended inside the window, and CPU time spent inside it. */
export async function measure(load: RunningLoad, window: Window, watched: Watched): Promise<Measurement> {
  const failed = load.samples.then(() => {});
  await Promise.race([sleep(window.warmupSeconds * 1000), failed]);
  const before = snapshot(load, watched);
  await sleep(window.seconds * 1000);
  const after = snapshot(load, watched);
  // A figure of a time in which nobody asked any more is worth nothing.
  if (!load.pids.every(isRunning)) {
    await failed;
    throw new Error("the load ended before the time in which it is measured");
  }
  const samples = await load.samples;
  return summarise(samples, before, after);
}

interface Snapshot {
  readonly atMs: number;
  readonly client: number;
  readonly coordinator: number;
  readonly postgres: number;
}

function snapshot({ pids }: RunningLoad, { coordinators, postgres }: Watched): Snapshot {
  const total = (roots: readonly number[]) => roots.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
  return {
    atMs: performance.timeOrigin + performance.now(),
    client: total(pids),
    coordinator: total(coordinators),
    postgres: postgres.length === 0 ? Number.NaN : total(postgres),
  };
}

function summarise(samples: Samples, before: Snapshot, after: Snapshot): Measurement {
  const latenciesMs = samples.latenciesMs.filter((_, i) => {
    const endMs = samples.endsMs[i] as number;
    return endMs >= before.atMs && endMs < after.atMs;
  });
  const perAnswer = (part: "client" | "coordinator" | "postgres") =>
    ((after[part] - before[part]) * 1e6) / latenciesMs.length;
  return {
    qps: latenciesMs.length / ((after.atMs - before.atMs) / 1000),
    latenciesMs,
    errors: samples.errors,
    cpuUs: {
      client: perAnswer("client"),
      coordinator: perAnswer("coordinator"),
      postgres: perAnswer("postgres"),
    },
  };
}
