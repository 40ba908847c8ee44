/** What the change of a collection is, checked against what the collection has. Pure. */
import { isDeepStrictEqual } from "node:util";
import { FieldChecks, invalidField } from "../errors.ts";
import { missingSettings } from "../topology/collection-settings.ts";
import type { Collection } from "../topology/shard-map.ts";
import type { UpdateRequest } from "./types.ts";
import type { CollectionUpdate } from "./update-collection.ts";

const MAX_INDEXES = 64;

/** Throws INVALID_REQUEST naming the field of UpdateCollectionRequest. */
export function planUpdate(request: UpdateRequest, collection: Collection): CollectionUpdate {
  const { addFilterIndexes, dropFilterIndexes, recallTarget, complete } = request;
  const { id, name, dimension, settings } = collection;
  const present = settings?.filterIndexes ?? [];
  const checks = new FieldChecks();
  if (addFilterIndexes.length + dropFilterIndexes.length === 0 && recallTarget === undefined && !complete)
    throw invalidField("", "nothing is to be changed");
  for (const [index, dropped] of dropFilterIndexes.entries()) {
    if (!present.some((one) => one.name === dropped))
      checks.refuse(
        `drop_filter_indexes[${index}]`,
        `the collection has no filter index ${JSON.stringify(dropped)}`,
      );
  }
  const added = addFilterIndexes.filter((one, index) => {
    const known = present.find((other) => other.name === one.name);
    if (known === undefined) return true;
    if (!isDeepStrictEqual(known, one))
      checks.refuse(
        `add_filter_indexes[${index}].name`,
        "the collection has another filter index of this name: drop that first, or choose another name",
      );
    return false;
  });
  if (present.length - dropFilterIndexes.length + added.length > MAX_INDEXES)
    checks.refuse("add_filter_indexes", `a collection has at most ${MAX_INDEXES} filter indexes`);
  checks.done();
  const { recordIndexes, storage } = complete ? missingSettings(dimension, settings) : {};
  const dropped = present.filter((one) => dropFilterIndexes.includes(one.name));
  return {
    name,
    id,
    change: {
      ...(added.length > 0 && { filterIndexes: added }),
      ...(recallTarget !== undefined && { recallTarget }),
      ...(recordIndexes && { recordIndexes }),
      ...(storage && { storage }),
      droppedFilterIndexes: dropFilterIndexes,
    },
    dropped: dropped.length > 0 ? { filterIndexes: dropped } : {},
  };
}
