/** What `recall` measures. */

/** One search by one way. */
export interface Answer {
  readonly recall: number;
  readonly isShort: boolean;
  readonly cpuUs: number;
  /** Of Orrery: why the shard was searched the way it was, and in how many rounds. */
  readonly reason?: string | undefined;
}

export interface CellRow {
  readonly kind: string;
  readonly size: number;
  readonly target: number;
  readonly cell: string;
  /** By way, one for each query, in the order of the queries. */
  readonly answers: Readonly<Record<string, readonly Answer[]>>;
}
