/** What the outcomes of a scatter say about the answer as a whole. Pure. */
import { OrreryError } from "../errors.ts";
import { atTarget } from "./at-target.ts";
import type { Outcome } from "./scatter.ts";
import type { Completeness } from "./types.ts";

/**
 * Throws the error of the first failed target, with the target named, unless the caller allows a partial
 * answer and something did answer.
 */
export function assess(
  outcomes: readonly Outcome<unknown>[],
  options: { readonly allowPartial: boolean },
): Completeness {
  const failures = outcomes.flatMap(({ target, error }) =>
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
