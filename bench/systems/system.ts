/** One way to have a search answered, with the program that asks. */
import type { Samples } from "../client/job.ts";
import type { Workload } from "../data/dataset.ts";

export interface System {
  /** The letter it has in docs/benchmarks.md. */
  readonly id: string;
  readonly name: string;
  /** Starts asking; see Slice. */
  start(slice: Slice): Promise<RunningLoad>;
  /**
   * Keys of the answer to every query of the workload, in order; absent where another system's answers stand
   * for these.
   */
  answers?(workload: Workload): Promise<readonly (readonly string[])[]>;
  /** Why it cannot do the workload, if so. */
  cannot(workload: Workload): string | undefined;
  stop(): Promise<void>;
}

/**
 * `clients` ask in a closed loop for `seconds`, client i always query `firstQuery + i`: h2load knows one body
 * each.
 */
export interface Slice {
  readonly workload: Workload;
  readonly clients: number;
  readonly seconds: number;
  readonly firstQuery: number;
}

export interface RunningLoad {
  /** Roots of the process trees that do the asking. */
  readonly pids: readonly number[];
  readonly samples: Promise<Samples>;
}

export function queriesOf({ workload: { queries }, clients, firstQuery }: Slice) {
  return Array.from(
    { length: clients },
    (_, i) => queries[(firstQuery + i) % queries.length] as (typeof queries)[number],
  );
}
