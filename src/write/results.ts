/** The result of each record of a write. Pure. */
import { OrreryError } from "../errors.ts";
import type { RecordRef } from "../query/types.ts";
import type { RecordResult } from "./types.ts";

/** The outcome of one group: versions by key, and errors by key or of the group as a whole. */
export type GroupOutcome =
  | { readonly error: OrreryError }
  | { readonly versions: ReadonlyMap<string, bigint>; readonly refused: (key: string) => OrreryError };

export interface FinishedGroup {
  readonly records: readonly (RecordRef & { readonly index: number })[];
  readonly outcome: GroupOutcome;
}

/**
 * Results in the order of the request. Throws when no group was applied: an error that leaves the outcome
 * unknown, else the first.
 */
export function collectResults(groups: readonly FinishedGroup[]): readonly RecordResult[] {
  const errors = groups.flatMap(({ outcome }) => ("error" in outcome ? [outcome.error] : []));
  const [first] = errors;
  if (first !== undefined && errors.length === groups.length) {
    throw errors.find(({ code }) => code === "WRITE_OUTCOME_UNKNOWN") ?? first;
  }
  const results: RecordResult[] = [];
  for (const { records, outcome } of groups) {
    for (const { namespace, key, index } of records)
      results[index] = { namespace, key, ...resultOf(key, outcome) };
  }
  return results;
}

function resultOf(key: string, outcome: GroupOutcome): Pick<RecordResult, "version" | "error"> {
  if ("error" in outcome) return { error: outcome.error };
  const version = outcome.versions.get(key);
  return version === undefined ? { error: outcome.refused(key) } : { version };
}

export function recordError(
  code: "RECORD_EXISTS" | "RECORD_NOT_FOUND" | "VERSION_MISMATCH",
  key: string,
): OrreryError {
  const why = {
    RECORD_EXISTS: "exists already",
    RECORD_NOT_FOUND: "does not exist",
    VERSION_MISMATCH: "has another version",
  } as const;
  return new OrreryError(code, `record ${JSON.stringify(key)} ${why[code]}`);
}
