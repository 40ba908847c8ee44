/** What one Node process does with its time: its event loop, its main thread, its cores. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import type { LoopNotes } from "../client/loop-probe.ts";
import { cpuSecondsOf } from "./cpu.ts";

/** Of a stretch of time. */
export interface ProcessLoad extends LoopNotes {
  /** Of all its threads. */
  readonly cpuMs: number;
  /** How long its main thread could have run and had no core. */
  readonly starvedMs: number;
}

interface Counters {
  readonly cpuMs: number;
  readonly starvedMs: number;
}

/** Measures a process that has `loop-probe` in it; `stretch` gives what was since the last call. */
export function watchProcess(pid: number, probe: string) {
  const read = (): Counters => ({ cpuMs: cpuSecondsOf(pid) * 1000, starvedMs: starvedMsOf(pid) });
  let last = read();
  return {
    async stretch(): Promise<ProcessLoad> {
      const socket = connect(probe);
      let text = "";
      socket.on("data", (part) => {
        text += part;
      });
      await once(socket, "close");
      const now = read();
      const load = { cpuMs: now.cpuMs - last.cpuMs, starvedMs: now.starvedMs - last.starvedMs };
      last = now;
      return { ...(JSON.parse(text) as LoopNotes), ...load };
    },
  };
}

/** From `schedstat`: nanoseconds on a core, nanoseconds waiting for one. */
function starvedMsOf(pid: number): number {
  const [, waitedNs] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ");
  return Number(waitedNs) / 1e6;
}

/**
 * What an event waits for the loop, when it comes at any moment: `share` of all such waits are shorter. A
 * stretch of lateness counts by its length, as events keep coming in it.
 */
export function loopDelay(
  loads: readonly LoopNotes[],
  share: number,
  of: "latenessMs" | "ownLatenessMs" = "latenessMs",
): number {
  const late = loads.flatMap((load) => load[of]);
  const elapsedMs = loads.reduce((sum, load) => sum + load.elapsedMs, 0);
  const allowedMs = (1 - share) * elapsedMs;
  const longer = (waitMs: number) => late.reduce((sum, ms) => sum + Math.max(0, ms - waitMs), 0);
  let [low, high] = [0, Math.max(0, ...late)];
  while (high - low > 0.01) {
    const middle = (low + high) / 2;
    if (longer(middle) > allowedMs) low = middle;
    else high = middle;
  }
  return high;
}
