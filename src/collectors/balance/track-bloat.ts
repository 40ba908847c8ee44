/**
 * How much larger the HNSW index of a shard is, by live row, than when it was built. Dead tuples say nothing
 * of it: the graph keeps the place of deleted rows. An index that grew with its rows has no moment of being
 * built; for it the least since its file was made counts.
 */
import type { IndexBaseline } from "../../engines/engine.ts";
import type { GroupId, ShardId } from "../../topology/shard-map.ts";
import type { ShardSize } from "./size-statement.ts";

/** What one shard's index weighs at present. */
export interface IndexWeight extends Pick<ShardSize, "rows" | "indexBytes" | "indexFiles"> {
  readonly shard: ShardId;
  /** File names are given by each server on its own, so a move may end at the same one. */
  readonly group: GroupId;
}

/** Below this many rows the first pages weigh more than the rows. */
const LEAST_ROWS = 1_000;

/** The baseline of a shard after another look; undefined while there is nothing to go by. */
export function nextBaseline(
  before: IndexBaseline | undefined,
  { shard, group, rows, indexBytes, indexFiles }: IndexWeight,
): IndexBaseline | undefined {
  const build = `${group}:${indexFiles}`;
  const kept = before?.build === build ? before : undefined;
  if (rows < LEAST_ROWS || indexBytes === 0) return kept;
  const bytesPerRow = indexBytes / rows;
  return kept !== undefined && kept.bytesPerRow <= bytesPerRow ? kept : { shard, build, bytesPerRow };
}

/** 1: as built. undefined without a baseline. */
export function bloatOf(
  baseline: IndexBaseline | undefined,
  { rows, indexBytes }: Pick<IndexWeight, "rows" | "indexBytes">,
): number | undefined {
  return baseline === undefined ? undefined : indexBytes / Math.max(1, rows) / baseline.bytesPerRow;
}
