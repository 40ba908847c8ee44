/** Collects what became of requests. */
import type { Samples } from "./job.ts";

export interface Recorder {
  /** Waits for the answer and notes how long it took since `startMs`; an error is noted, not thrown. */
  record(startMs: number, answer: Promise<unknown>): Promise<void>;
  drop(): void;
  samples(): Samples;
}

/** Milliseconds since 1970, monotonic within a process. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

export function createRecorder(): Recorder {
  const endsMs: number[] = [];
  const latenciesMs: number[] = [];
  const errors: string[] = [];
  let dropped = 0;
  return {
    async record(startMs, answer) {
      try {
        await answer;
        const endMs = now();
        endsMs.push(endMs);
        latenciesMs.push(endMs - startMs);
      } catch (error) {
        errors.push(String(error));
      }
    },
    drop() {
      dropped += 1;
    },
    samples: () => ({ endsMs, latenciesMs, errors, dropped }),
  };
}
