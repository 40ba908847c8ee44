/** What a collector does at each interval: it takes one sample. */
import type { OrreryError } from "../errors.ts";

/** The limits of one sample, and where it reports what went wrong. */
export interface SampleContext {
  /** Aborts at the end of the budget. */
  readonly signal: AbortSignal;
  /** How long one node may take. */
  readonly nodeTimeoutMs: number;
  /** Reports an error that cost only part of the sample. */
  readonly failed: (error: OrreryError) => void;
  /** Records that a node is being queried; call the result once it has answered. */
  readonly trackQuery: (node: string) => () => void;
}

/** Takes one sample. Throws when there is nothing to show for it; partial failures go to `failed`. */
export type Sampler<T> = (context: SampleContext) => Promise<T>;
