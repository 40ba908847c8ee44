/** What `recall` measures. */

/** One search by one way. */
export interface Answer {
  readonly recall: number;
  readonly isShort: boolean;
  readonly cpuUs: number;
}

export interface CellRow {
  readonly kind: string;
  readonly size: number;
  readonly target: number;
  readonly cell: string;
  /** By way, one for each query, in the order of the queries. */
  readonly answers: Readonly<Record<string, readonly Answer[]>>;
}
