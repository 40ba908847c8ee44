import type { Driver } from "./driver.ts";
import type { Load, Samples } from "./job.ts";
import { createRecorder, now } from "./recorder.ts";

/**
 * Each client asks again as soon as it has its answer. Every round through the requests begins one further
 * on, so that no client, and no connection, is asked the same each round: as in the pool of a service.
 */
export async function runClosedLoop<R>(
  driver: Pick<Driver<R>, "ask">,
  requests: readonly R[],
  { clients, seconds }: Extract<Load, { kind: "closed" }>,
): Promise<Samples> {
  const recorder = createRecorder();
  const untilMs = now() + seconds * 1000;
  const client = async (number: number) => {
    for (let next = number; now() < untilMs; next += clients) {
      const startMs = now();
      const round = Math.floor(next / Math.max(clients, requests.length));
      const request = requests[(next + round) % requests.length] as R;
      await recorder.record(startMs, driver.ask(request, number));
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  return recorder.samples();
}
