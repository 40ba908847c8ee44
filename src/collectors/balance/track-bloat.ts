/**
 * How much larger the HNSW index of a shard is, by live row, than when it was built. Dead tuples say nothing of it: the
 * graph keeps the place of deleted rows. An index that grew with its rows has no moment of being built; for it the least
 * since its file was made counts.
 */
import type { ShardId } from "../../topology/shard-map.ts";
import type { ShardSize } from "./size-statement.ts";

export interface Baseline {
  readonly files: string;
  readonly bytesPerRow: number;
}

/** Below this many rows the first pages weigh more than the rows. */
const LEAST_ROWS = 1_000;

/** The baseline of a shard after another look; undefined while there is nothing to go by. */
export function nextBaseline(
  before: Baseline | undefined,
  { rows, indexBytes, indexFiles }: ShardSize,
): Baseline | undefined {
  const kept = before?.files === indexFiles ? before : undefined;
  if (rows < LEAST_ROWS || indexBytes === 0) return kept;
  const bytesPerRow = indexBytes / rows;
  return kept !== undefined && kept.bytesPerRow <= bytesPerRow ? kept : { files: indexFiles, bytesPerRow };
}

/** 1: as built. undefined without a baseline. */
export function bloatOf(baseline: Baseline | undefined, { rows, indexBytes }: ShardSize): number | undefined {
  return baseline === undefined ? undefined : indexBytes / Math.max(1, rows) / baseline.bytesPerRow;
}

export type Baselines = Map<ShardId, Baseline>;
