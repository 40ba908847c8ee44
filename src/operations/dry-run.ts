import type { MoveProgress, Operation } from "./types.ts";

/** What is answered to somebody who only wants to know whether it could be done. */
export function dryRunOf(
  nowMs: number,
  {
    moves,
    ...described
  }: Pick<Operation, "kind" | "arguments"> & {
    readonly requestedBy: string;
    readonly moves: readonly MoveProgress[] | undefined;
  },
): Operation {
  return {
    ...described,
    id: "",
    state: "done",
    stage: "",
    fraction: 0,
    message: "nothing was started",
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    finishedAtMs: nowMs,
    coordinator: "",
    result: {},
    ...(moves && { moves }),
  };
}
