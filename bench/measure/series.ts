import type { Workload } from "../data/dataset.ts";
import type { Bench } from "../setup/with-bench.ts";
import type { System } from "../systems/system.ts";
import { loadSeconds, type Measurement, measure } from "./measure.ts";
import type { Recall } from "./recall.ts";

/** The measurements of one system doing one workload for so many clients, one a repeat. */
export interface Series {
  readonly system: System;
  readonly workload: Workload;
  readonly clients: number;
  readonly measurements: Measurement[];
  readonly recall: Recall | undefined;
}

/** Each repeat asks other queries, and every system the same ones in it. */
export async function measureSlice(
  { options, watched }: Pick<Bench<unknown>, "options" | "watched">,
  { system, workload, clients }: Pick<Series, "system" | "workload" | "clients">,
  repeat: number,
): Promise<Measurement> {
  const { start, warmup, seconds } = options;
  const window = { startSeconds: start, warmupSeconds: warmup, seconds };
  const slice = { workload, clients, seconds: loadSeconds(window), firstQuery: repeat * clients };
  return measure(await system.start(slice), window, watched);
}
