import type { Load } from "../client/job.ts";
import type { Workload } from "../data/dataset.ts";
import type { Options } from "../options.ts";
import type { ClientSystem } from "../systems/client-system.ts";
import { type LoadResult, loadResult } from "./load-result.ts";

/** Requests that may wait for a connection before more are dropped. */
const QUEUE = 1_000;

/** Poisson arrivals of the workload's queries in turn; with rate 0 a closed loop instead. */
export async function askAtRate(
  system: ClientSystem,
  load: {
    readonly workload: Workload;
    readonly clients: number;
    readonly ratePerSecond: number;
    readonly seed: number;
  },
  { seconds, warmup }: Pick<Options, "seconds" | "warmup">,
): Promise<LoadResult> {
  const { workload, ...rates } = load;
  const duration = warmup + seconds;
  const samples = await system.ask(workload, loadAtRate(rates, duration));
  return loadResult(samples, warmup);
}

export function loadAtRate(
  rates: { readonly clients: number; readonly ratePerSecond: number; readonly seed: number },
  seconds: number,
): Load {
  if (rates.ratePerSecond > 0) return { kind: "open", queue: QUEUE, seconds, ...rates };
  return { kind: "closed", clients: rates.clients, seconds };
}
