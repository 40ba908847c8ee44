/** What the outcomes of a scatter say about the answer as a whole. Pure. */
import { OrreryError } from "../errors.ts";
import type { Target } from "./plan/target.ts";
import type { Outcome, TargetPlan } from "./plan/target-plan.ts";
import type { Completeness } from "./types.ts";

/**
 * Throws the error of the first failed target, with the target named, unless the caller allows a partial
 * answer and at least one target answered.
 */
export function assess(
  outcomes: readonly Outcome<TargetPlan, unknown>[],
  options: { readonly allowPartial: boolean },
): Completeness {
  const failures = outcomes.flatMap(({ plan: { target }, error }) =>
    error === undefined
      ? []
      : [
          {
            shardId: target.shardId,
            namespaces: target.shardKeys === "all" ? [] : target.shardKeys,
            error: atTarget(error, target),
          },
        ],
  );
  const targetsOk = outcomes.length - failures.length;
  const [first] = failures;
  if (first !== undefined && (!options.allowPartial || targetsOk === 0))
    throw failure(first.error, failures.length, outcomes.length);
  return { targetsTotal: outcomes.length, targetsOk, failures };
}

function failure(first: OrreryError, failed: number, total: number): OrreryError {
  if (total === 1) return first;
  return new OrreryError(first.code, `${failed} of ${total} targets failed, the first: ${first.message}`, {
    cause: first,
    details: first.details,
  });
}

/** The same error with the target named in message and metadata. */
function atTarget(error: OrreryError, { shardId, group, min, max }: Target): OrreryError {
  return new OrreryError(error.code, `shard ${shardId} (node group ${group}): ${error.message}`, {
    cause: error,
    details: {
      ...error.details,
      metadata: {
        ...error.details.metadata,
        shard: String(shardId),
        group: String(group),
        hash_range: `${min}..${max}`,
      },
    },
  });
}
