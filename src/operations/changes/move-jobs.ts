/** The jobs that consist of moves: of one shard group, of a plan, of all that a node holds. */
import { OrreryError } from "../../errors.ts";
import { primaryOf } from "../../topology/shard-map.ts";
import { type Job, type JobContext, type JobResult, repeatStep } from "../job.ts";
import { runStages, type Stage } from "../stages.ts";
import type { MoveProgress } from "../types.ts";
import { type ChangeDeps, termOf } from "./change-deps.ts";
import { cleanUp } from "./clean-up.ts";
import { optionsOf, pendingMove } from "./move-arguments.ts";
import { type MovesRequest, moveGroups } from "./move-groups.ts";

/** Shard groups that came to a node while it was emptied, by a new collection, leave in another round. */
const DRAIN_ROUNDS = 5;

/** The stages `move` and `clean up` of an operation, and how it ends. */
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
): { readonly stages: readonly Stage[]; end(): JobResult } {
  const { operation } = context;
  const { arguments: args } = operation;
  // Known from the record when a later leader begins behind the moves.
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
    stages: [move, clean],
    end: () => ({
      state: stopped === "cancelled" || stopped === "limit" ? "cancelled" : "done",
      message: [message, left].filter(Boolean).join("; ") || `moved ${moved} shard groups`,
      result: { moved },
    }),
  };
}

/** For `move_shard` and `rebalance`: the moves are in the record from the start. */
export function moveJob(deps: ChangeDeps): Job {
  return {
    cancellation: "handled",
    async run(context) {
      const { stages, end } = moveStages(deps, context, {
        movesOf: () => context.operation.moves ?? [],
      });
      await runStages(context, stages, () => cleanUp(deps, context));
      return end();
    },
  };
}

export function drainJob(deps: ChangeDeps): Job {
  const { changes } = deps;
  return {
    cancellation: "handled",
    async run(context) {
      const { signal, operation } = context;
      const node = String(operation.arguments.node);
      let moves = operation.moves ?? [];
      const plan = async () =>
        (await repeatStep(() => deps.planDrain(node, signal), context)).map(pendingMove);
      const { stages, end } = moveStages(deps, context, { movesOf: () => moves });
      const [move, clean] = stages as [Stage, Stage];
      const setMayHold = (may: boolean) =>
        repeatStep(() => changes.setMayHoldShards(node, { may, term: termOf(context) }, signal), context);

      const moveAll = async () => {
        for (let round = 1; ; round += 1) {
          await move.run();
          if (end().state === "cancelled") return;
          if ((await groupsOn(deps, node, context)) === 0) return;
          if (round === DRAIN_ROUNDS) {
            throw new OrreryError(
              "PLACEMENT_REFUSED",
              `node ${node} gets new shard groups as fast as they leave`,
            );
          }
          const done = moves.map((one) => ({ ...one, state: "done" as const }));
          moves = [...done, ...(await plan())];
          context.report({ moves });
        }
      };

      const stopPlacement = { name: "stop placement", run: () => setMayHold(false) };
      const planMoves: Stage = {
        name: "plan",
        async run() {
          moves = await plan();
          context.report({ moves });
        },
      };
      const cleanUpAfter: Stage = {
        name: "clean up",
        async run() {
          if (end().state === "cancelled") await setMayHold(true);
          await clean.run();
        },
      };
      await runStages(context, [stopPlacement, planMoves, { name: "move", run: moveAll }, cleanUpAfter], () =>
        cleanUp(deps, context),
      );
      return end();
    },
  };
}

async function groupsOn({ changes }: ChangeDeps, node: string, context: JobContext): Promise<number> {
  const catalog = await repeatStep(() => changes.readCatalog(context.signal), context);
  return catalog.collections
    .flatMap(({ shards }) => shards)
    .filter(({ group }) => primaryOf(catalog, group)?.name === node).length;
}
