/** What Ctrl-C does while something is watched that goes on without the watcher. */
import type { EventEmitter } from "node:events";

type Life = Pick<EventEmitter, "once" | "removeListener">;

export interface Interruption {
  /** Aborted by the first SIGINT; the next one ends the process, as does the first after `clear`. */
  readonly signal: AbortSignal;
  clear(): void;
}

export function untilInterrupted(life: Life = process): Interruption {
  const interrupted = new AbortController();
  const onInterrupt = () => interrupted.abort();
  life.once("SIGINT", onInterrupt);
  return {
    signal: interrupted.signal,
    clear: () => void life.removeListener("SIGINT", onInterrupt),
  };
}
