/** Keeps a collection from being created that a coordinator which is alive would serve wrongly. Pure. */
import { OrreryError } from "../errors.ts";
import { traitsOf } from "../topology/collection-traits.ts";
import type { CoordinatorInfo } from "../topology/map-store.ts";
import type { Collection } from "../topology/shard-map.ts";

/** Throws COORDINATOR_OUTDATED naming the coordinators that do not know a trait of the collection. */
export function refuseOutdated(
  collection: Pick<Collection, "name" | "metric">,
  coordinators: readonly CoordinatorInfo[],
): void {
  const traits = traitsOf(collection);
  const outdated = coordinators.filter(({ serves = [] }) => !traits.every((trait) => serves.includes(trait)));
  if (outdated.length === 0) return;
  const names = outdated
    .map(({ id, address, version }) => `${id} (${address}, version ${version})`)
    .join(", ");
  throw new OrreryError(
    "COORDINATOR_OUTDATED",
    `collection ${collection.name} cannot be served by coordinators of an earlier version: upgrade ${names}`,
  );
}
