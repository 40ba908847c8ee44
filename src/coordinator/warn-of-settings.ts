/** Says in the log which settings have no effect on what there is. Part of the composition root. */
import { DEFAULT_COLLECTION, whyDimensionUnused } from "../config/default-collection.ts";
import type { Config } from "../config/load.ts";
import type { Logger } from "../lib/logger.ts";
import { type Catalog, findCollection } from "../topology/shard-map.ts";

/** By the first map that has the collection; `onChange` calls with each new map. */
export function warnOfUnusedSettings(
  config: Config,
  map: { current(): Catalog; onChange(listener: (map: Catalog) => void): void },
  logger: Logger,
): void {
  let isKnown = false;
  const judge = (catalog: Catalog) => {
    const present = findCollection(catalog, DEFAULT_COLLECTION);
    if (isKnown || present === undefined) return;
    isKnown = true;
    const problem = whyDimensionUnused(config, present.dimension);
    if (problem !== undefined) logger.warn({ setting: "collection.defaultDimension" }, problem);
  };
  judge(map.current());
  map.onChange(judge);
}
