/** What collections have that are made by this version, and one lacks that is older. Pure. */
import { missingSettings, type RecordIndex } from "./collection-settings.ts";
import type { Collection } from "./shard-map.ts";

const INDEXES: Readonly<Record<RecordIndex, string>> = {
  metadata: "index on metadata",
  tags: "index on tags",
  created_at: "index on created_at",
};

/** For people, a few words each. */
export function lacksOf({
  dimension,
  settings,
  unnormalized,
}: Pick<Collection, "dimension" | "settings" | "unnormalized">): readonly string[] {
  const { recordIndexes = [], storage } = missingSettings(dimension, settings);
  return [
    ...recordIndexes.map((index) => INDEXES[index]),
    ...(storage === undefined ? [] : ["vectors in the rows themselves"]),
    ...(unnormalized === true ? ["vector index over vectors of length 1 (by orrery migrate)"] : []),
  ];
}
