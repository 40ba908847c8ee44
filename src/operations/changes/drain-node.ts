/** Moves every shard group off a node, and lets it hold none from then on. */
import { planBalance } from "../../rebalance/plan.ts";
import type { PlannedMove } from "../../rebalance/rebalance-plan.ts";
import { primaryOf } from "../../topology/shard-map.ts";
import type { MoveOptions } from "../change-request.ts";
import { type JobContext, repeatStep } from "../job.ts";
import { runStages, type Stage } from "../stages.ts";
import type { MoveProgress } from "../types.ts";
import type { ChangeDefinition } from "./change-definition.ts";
import { type ChangeDeps, type PlacementDeps, termOf } from "./change-deps.ts";
import { refuseBlocked } from "./check-target.ts";
import { cleanUp } from "./clean-up.ts";
import { findPrimary } from "./find-in-catalog.ts";
import { argumentsOfOptions, pendingMove } from "./move-arguments.ts";
import { moveStages } from "./move-stages.ts";
import { refused } from "./refusals.ts";

export interface DrainNodeSpec {
  readonly node: string;
  readonly options: MoveOptions;
}

/** Shard groups that a new collection put on the node while it was emptied leave in another round. */
const MAX_ROUNDS = 5;

/** Moves of one operation: its record, with all of them, is one value of the store. */
const MAX_MOVES = 5_000;

/** No node gets shard groups for the sake of balance while one is emptied. */
const NEVER_FOR_BALANCE = 1_000_000;

/** NODE_NOT_FOUND, PLACEMENT_REFUSED (a standby, pins to it, nowhere to go), NODE_UNFIT. */
export const drainNode: ChangeDefinition<DrainNodeSpec> = {
  kind: "drain_node",
  title: "drain nodes",
  reach: { touches: "cluster", onCollision: "waits" },
  rights: "drain",
  argumentsOf: ({ node, options }) => ({ node, ...argumentsOfOptions(options) }),

  async check({ node }, deps, signal) {
    findPrimary(await deps.changes.readNodes(signal), node);
    return { moves: (await planDrain(deps, node, signal)).map(pendingMove) };
  },

  cancellation: "handled",
  async run(deps, context) {
    const { signal, operation } = context;
    const node = String(operation.arguments.node);
    let moves = operation.moves ?? [];
    const plan = async (moved: readonly MoveProgress[]) => {
      const planned = await repeatStep(() => planDrain(deps, node, signal), context);
      moves = [...moved, ...planned.map(pendingMove)];
      context.report({ moves });
    };
    const setMayHold = (may: boolean) =>
      repeatStep(() => deps.changes.setMayHoldShards(node, { may, term: termOf(context) }, signal), context);
    const { move, clean, end } = moveStages(deps, context, { movesOf: () => moves });

    const moveAll = async () => {
      for (let round = 1; ; round += 1) {
        await move.run();
        if (end().state === "cancelled") return;
        if ((await countGroupsOn(node, deps, context)) === 0) return;
        if (round === MAX_ROUNDS) {
          throw refused(`node ${node} gets new shard groups as fast as they leave`);
        }
        await plan(moves.map((one) => ({ ...one, state: "done" as const })));
      }
    };
    const stages: readonly Stage[] = [
      { name: "stop placement", run: () => setMayHold(false) },
      { name: "plan", run: () => plan([]) },
      { name: "move", run: moveAll },
      {
        name: "clean up",
        async run() {
          if (end().state === "cancelled") await setMayHold(true);
          await clean.run();
        },
      },
    ];
    await runStages(context, stages, () => cleanUp(deps, context));
    return end();
  },
};

/**
 * The moves that empty a node, best targets first. PLACEMENT_REFUSED or NODE_UNFIT when a shard group cannot
 * leave, NODE_NOT_FOUND.
 */
async function planDrain(
  { inventory, strategy }: PlacementDeps,
  node: string,
  signal: AbortSignal,
): Promise<readonly PlannedMove[]> {
  const known = await inventory(signal);
  const others = known.nodes.filter(({ name, state }) => name !== node && state === "active");
  const own = known.nodes.find(({ name }) => name === node);
  const held = known.shardGroups.filter(({ group }) => group === own?.group).length;
  if (held > 0 && others.length === 0)
    throw refused(`the ${held} shard groups of ${node} have nowhere to go`);
  if (held > MAX_MOVES) {
    throw refused(
      `${node} holds ${held} shard groups, and one drain moves ${MAX_MOVES}: rebalance it away first`,
    );
  }
  const plan = planBalance(known, {
    strategy,
    threshold: NEVER_FOR_BALANCE,
    drainedNodes: [node],
    maxMoves: MAX_MOVES,
  });
  refuseBlocked(plan.warnings);
  const moves = plan.moves.filter(({ source }) => source === node);
  if (moves.length < held) {
    throw refused(`${held - moves.length} of the ${held} shard groups of ${node} have nowhere to go`);
  }
  return moves;
}

async function countGroupsOn(
  node: string,
  { changes }: Pick<ChangeDeps, "changes">,
  context: JobContext,
): Promise<number> {
  const catalog = await repeatStep(() => changes.readCatalog(context.signal), context);
  return catalog.collections
    .flatMap(({ shards }) => shards)
    .filter(({ group }) => primaryOf(catalog, group)?.name === node).length;
}
