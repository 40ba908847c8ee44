import { setTimeout as sleep } from "node:timers/promises";
import { uniform } from "../../test/support/clustered-vectors.ts";
import type { Driver } from "./driver.ts";
import type { Load, Request, Samples } from "./job.ts";
import { createRecorder, now } from "./recorder.ts";

interface Due {
  readonly dueMs: number;
  readonly request: Request;
}

/** Longest wait, after the last request was due, for those still under way. */
const GRACE_MS = 5_000;

/**
 * Requests become due by a Poisson process and are timed from then, so a system that stalls is charged for
 * everybody who came in the meantime ("coordinated omission" would charge it for one).
 */
export async function runOpenLoop(
  driver: Driver<Request>,
  requests: readonly Request[],
  load: Extract<Load, { kind: "open" }>,
): Promise<Samples> {
  const recorder = createRecorder();
  const idle = Array.from({ length: load.clients }, (_, client) => client);
  const waiting: Due[] = [];
  const underWay = new Set<Promise<void>>();
  const pump = () => {
    while (idle.length > 0 && waiting.length > 0) {
      const client = idle.pop() as number;
      const { dueMs, request } = waiting.shift() as Due;
      const done = recorder.record(dueMs, driver.ask(request, client)).then(() => {
        underWay.delete(done);
        idle.push(client);
        pump();
      });
      underWay.add(done);
    }
  };

  const startMs = now();
  for (const [index, offsetMs] of arrivals(load).entries()) {
    const dueMs = startMs + offsetMs;
    // Timers are a millisecond coarse: what is due earlier is sent late and timed from when it was due.
    if (dueMs > now()) await sleep(dueMs - now());
    if (waiting.length >= load.queue) recorder.drop();
    else waiting.push({ dueMs, request: requests[index % requests.length] as Request });
    pump();
  }
  const graceEndsMs = now() + GRACE_MS;
  while (underWay.size > 0 && now() < graceEndsMs) {
    await Promise.race([...underWay, sleep(graceEndsMs - now(), undefined, { ref: false })]);
  }
  for (let left = waiting.length + underWay.size; left > 0; left--) recorder.drop();
  waiting.length = 0;
  return recorder.samples();
}

/** Milliseconds from the start, exponential gaps. */
function arrivals({ ratePerSecond, seconds, seed }: Extract<Load, { kind: "open" }>): readonly number[] {
  const random = uniform(seed);
  const offsets: number[] = [];
  for (let at = 0; ; ) {
    at += (-Math.log(1 - random()) / ratePerSecond) * 1000;
    if (at >= seconds * 1000) return offsets;
    offsets.push(at);
  }
}
