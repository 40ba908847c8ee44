/**
 * Loaded into a coordinator before its program (`--import`): notes when its event loop comes round, and how
 * long it collected garbage. Who connects to the socket named by BENCH_LOOP_PROBE gets what was noted since
 * the last one did, as JSON.
 */
import { openSync, readSync } from "node:fs";
import { createServer } from "node:net";
import { PerformanceObserver } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

/** How often the loop is looked at. */
const EVERY_MS = 2;

export interface LoopNotes {
  /** How much later than it should have come each look came, in milliseconds; only those that did. */
  readonly latenessMs: readonly number[];
  /** The same without the time in which this thread could have run and had no core. Linux only. */
  readonly ownLatenessMs: readonly number[];
  /** Of garbage collection. */
  readonly pausesMs: readonly number[];
  readonly elapsedMs: number;
}

const path = process.env.BENCH_LOOP_PROBE;
if (path !== undefined && isMainThread) startProbe(path);

/** How long this thread waited for a core so far: the second number of its `schedstat`, in nanoseconds. */
function starvedReader(): () => number {
  const file = openSync("/proc/thread-self/schedstat", "r");
  const text = Buffer.alloc(64);
  return () =>
    Number(text.toString("latin1", 0, readSync(file, text, 0, text.length, 0)).split(" ")[1]) / 1e6;
}

function startProbe(socketPath: string): void {
  const readStarvedMs = starvedReader();
  let latenessMs: number[] = [];
  let ownLatenessMs: number[] = [];
  let starvedMs = readStarvedMs();
  let pausesMs: number[] = [];
  let sinceMs = performance.now();
  let lastMs = sinceMs;
  setInterval(() => {
    const nowMs = performance.now();
    const late = nowMs - lastMs - EVERY_MS;
    const starvedBeforeMs = starvedMs;
    starvedMs = readStarvedMs();
    if (late > 0.5) {
      latenessMs.push(Math.round(late * 100) / 100);
      ownLatenessMs.push(Math.round(Math.max(0, late - (starvedMs - starvedBeforeMs)) * 100) / 100);
    }
    lastMs = nowMs;
  }, EVERY_MS).unref();
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) pausesMs.push(Math.round(duration * 100) / 100);
  }).observe({ entryTypes: ["gc"] });
  createServer((socket) => {
    const nowMs = performance.now();
    const notes: LoopNotes = { latenessMs, ownLatenessMs, pausesMs, elapsedMs: nowMs - sinceMs };
    latenessMs = [];
    ownLatenessMs = [];
    pausesMs = [];
    sinceMs = nowMs;
    socket.end(JSON.stringify(notes));
  })
    .listen(socketPath)
    .unref();
}
