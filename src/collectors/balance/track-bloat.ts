/**
 * How many more bytes the HNSW index of a shard takes for each live row than when it was built. Dead tuples
 * cannot show that: the graph keeps the space of deleted rows. An index that grew with its rows was never
 * built at one moment; its baseline is the minimum since its file was created.
 */
import type { IndexBaseline } from "../../engines/engine.ts";
import type { GroupId, ShardId } from "../../topology/shard-map.ts";
import type { RelationSize } from "./size-statement.ts";

/** The current size of one shard's index. */
export interface IndexWeight extends Pick<RelationSize, "rows" | "indexBytes" | "indexFiles"> {
  readonly shard: ShardId;
  /** Each server names files by itself, so after a move the file may have the same name. */
  readonly group: GroupId;
}

/** Below this many rows the first pages of the index outweigh the rows. */
const LEAST_ROWS = 1_000;

/** The baseline of a shard after another sample; undefined while the shard is too small for one. */
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

/** 1: as built. undefined: no baseline. */
export function bloatOf(
  baseline: IndexBaseline | undefined,
  { rows, indexBytes }: Pick<IndexWeight, "rows" | "indexBytes">,
): number | undefined {
  return baseline === undefined ? undefined : indexBytes / Math.max(1, rows) / baseline.bytesPerRow;
}
