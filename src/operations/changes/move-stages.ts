/** The stages that changes with moves share: `move` and `clean up`. */
import type { JobContext, JobResult } from "../job.ts";
import { runStages, type Stage } from "../stages.ts";
import type { MoveProgress } from "../types.ts";
import type { ChangeDeps } from "./change-deps.ts";
import { cleanUp } from "./clean-up.ts";
import { optionsOf } from "./move-arguments.ts";
import { type MovesRequest, moveGroups } from "./move-groups.ts";

export interface MoveStages {
  readonly move: Stage;
  readonly clean: Stage;
  /** How the operation ends, as far as its moves decide that; `otherwise`: the message without any. */
  end(otherwise?: string): JobResult;
}

export function moveStages(
  deps: ChangeDeps,
  context: JobContext,
  {
    movesOf,
    share,
  }: {
    readonly movesOf: () => Promise<readonly MoveProgress[]> | readonly MoveProgress[];
    readonly share?: MovesRequest["share"];
  },
): MoveStages {
  const { operation } = context;
  const { arguments: args } = operation;
  // From the record when a later leader begins after the moves.
  let stopped = operation.result?.stopped;
  let message = String(operation.result?.message ?? "");
  let moved = Number(operation.result?.moved ?? 0);
  let left = "";
  const move: Stage = {
    name: "move",
    async run() {
      const until = args.no_move_after_ms;
      const end = await moveGroups(
        deps,
        {
          ...optionsOf(args),
          moves: await movesOf(),
          ...(share && { share }),
          ...(typeof until === "number" && { noMoveAfterMs: until }),
        },
        context,
      );
      ({ message, stopped = "", done: moved } = end);
      context.report({ result: { moved, stopped, message } });
    },
  };
  const clean: Stage = {
    name: "clean up",
    async run() {
      left = await cleanUp(deps, context);
    },
  };
  return {
    move,
    clean,
    end: (otherwise = "moved 0 shard groups") => ({
      state: stopped === "cancelled" || stopped === "limit" ? "cancelled" : "done",
      message:
        [message, left].filter(Boolean).join("; ") ||
        (moved === 0 ? otherwise : `moved ${moved} shard groups`),
      result: { moved },
    }),
  };
}

/** Makes the moves that are in the record from the start, and nothing else. */
export async function runRecordedMoves(deps: ChangeDeps, context: JobContext): Promise<JobResult> {
  const movesOf = () => context.operation.moves ?? [];
  const { move, clean, end } = moveStages(deps, context, { movesOf });
  await runStages(context, [move, clean], () => cleanUp(deps, context));
  return end();
}
