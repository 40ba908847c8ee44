/** Errors that the read and write paths add facts to. */
import { OrreryError } from "../errors.ts";
import type { Collection, HashRange } from "../topology/shard-map.ts";

/**
 * Thrown inside a request when a newer map has another collection under the name, or none: the request starts over
 * with that map. Never leaves the path that catches it.
 */
export class CollectionReplaced extends Error {
  constructor(collection: Collection) {
    super(`collection ${collection.name} was replaced`);
    this.name = "CollectionReplaced";
  }
}

/** The same error with the target named in message and metadata. */
export function atTarget(
  error: OrreryError,
  target: { readonly shardId: number; readonly group: number } & HashRange,
): OrreryError {
  return new OrreryError(
    error.code,
    `shard ${target.shardId} (node group ${target.group}): ${error.message}`,
    {
      cause: error,
      details: {
        ...error.details,
        metadata: {
          ...error.details.metadata,
          shard: String(target.shardId),
          group: String(target.group),
          hash_range: `${target.min}..${target.max}`,
        },
      },
    },
  );
}
