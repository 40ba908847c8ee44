/** What became of each record of a write. */

import { type Failure, toFailure } from "../client/call-error.ts";
import type { RecordResultMessage } from "../proto/generated/orrery/v1/RecordResult.ts";
import { CommandFailed, describeFailure, exitCodeOf } from "./exit.ts";
import type { Output } from "./output.ts";

/** Shows every result; throws CommandFailed with the first failure's exit code when there is one. */
export function showResults(output: Output, results: readonly RecordResultMessage[]): void {
  const shown = results.map(({ namespace, key, version, status }) => {
    const failure = toFailure(status);
    return { namespace, key, version, failure };
  });
  output.show(
    shown.map(({ failure, ...result }) => ({ ...result, error: failure && summary(failure) })),
    ["namespace", "key", "version", "result"],
    shown.map(({ namespace, key, version, failure }) => [
      namespace,
      key,
      version,
      failure ? describeFailure(failure) : "ok",
    ]),
  );
  const failures = shown.flatMap(({ failure }) => failure ?? []);
  if (failures[0] !== undefined) {
    throw new CommandFailed(
      `${failures.length} of ${results.length} records failed`,
      exitCodeOf(failures[0].status),
    );
  }
}

function summary({ status, reason, message }: Failure) {
  return { status, reason, message };
}
