import { recall } from "../../test/support/brute-force.ts";
import { mean, percentile, sorted } from "./statistics.ts";

/** Shares of the exact answers found, over queries. */
export interface Recall {
  readonly mean: number;
  /** 99 % of queries found at least this share. */
  readonly p1: number;
  readonly min: number;
}

export function recallOf(
  answers: readonly (readonly string[])[],
  exact: readonly (readonly string[])[],
): Recall {
  const shares = answers.map((keys, i) => recall(keys, exact[i] ?? []));
  const inOrder = sorted(shares);
  return { mean: mean(shares), p1: percentile(inOrder, 0.01), min: percentile(inOrder, 0) };
}
