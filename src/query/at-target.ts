/** Errors of one target, with the target named. */
import { OrreryError } from "../errors.ts";
import type { HashRange } from "../topology/shard-map.ts";

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
