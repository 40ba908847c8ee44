/** Operations that have not begun. Pure. */
import type { MoveProgress, Operation } from "./types.ts";

/** `nowMs`: milliseconds since 1970. */
export function pendingOperation(
  described: Pick<Operation, "id" | "kind" | "arguments" | "coordinator"> & Partial<Operation>,
  nowMs: number,
): Operation {
  return {
    state: "pending",
    stage: "",
    fraction: 0,
    message: "",
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    ...described,
  };
}

const NOTHING_STARTED = "nothing was started";

/** The answer to a request that only checks. */
export function dryRunOf(
  {
    moves,
    message = NOTHING_STARTED,
    ...described
  }: Pick<Operation, "kind" | "arguments"> & {
    readonly requestedBy: string;
    readonly moves: readonly MoveProgress[] | undefined;
    /** What it would do, for people. */
    readonly message?: string | undefined;
  },
  nowMs: number,
): Operation {
  const operation = pendingOperation({ ...described, id: "", coordinator: "" }, nowMs);
  return {
    ...operation,
    state: "done",
    message,
    finishedAtMs: nowMs,
    result: {},
    ...(moves && { moves }),
  };
}
