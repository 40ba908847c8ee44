/** Upper bounds of the histograms' buckets. */

/** Seconds of a request or a part of one. */
export const LATENCY_SECONDS: readonly number[] = [
  0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10,
];

/** Seconds of moves and index builds. */
export const LONG_SECONDS: readonly number[] = [1, 5, 15, 60, 180, 600, 1_800, 3_600, 10_800, 21_600];

/** Targets of one search. */
export const TARGETS: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
