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

/** The answer to a request that only checks. */
export function dryRunOf(
  {
    moves,
    ...described
  }: Pick<Operation, "kind" | "arguments"> & {
    readonly requestedBy: string;
    readonly moves: readonly MoveProgress[] | undefined;
  },
  nowMs: number,
): Operation {
  const operation = pendingOperation({ ...described, id: "", coordinator: "" }, nowMs);
  return {
    ...operation,
    state: "done",
    message: "nothing was started",
    finishedAtMs: nowMs,
    result: {},
    ...(moves && { moves }),
  };
}
