/**
 * What is checked before a change of the cluster is recorded, so that what cannot be done is refused before
 * anything moves.
 */
import type { ClusterNode, PlacementChanges } from "../../engines/placement-changes.ts";
import type { PlacementFacts } from "../../engines/runtime-placement.ts";
import { OrreryError } from "../../errors.ts";
import { checkMove } from "../../rebalance/check-move.ts";
import { planBalance } from "../../rebalance/plan.ts";
import type { BalanceStrategy, ClusterInventory, PlannedMove, Warning } from "../../rebalance/types.ts";
import { judgeOutputPlugins, judgeWalLevel } from "../../servers/judge-settings.ts";
import { reasonsAgainst } from "../../servers/verdict.ts";
import type { Shard } from "../../topology/shard-map.ts";

export interface CheckDeps {
  readonly changes: PlacementChanges;
  readonly facts: Pick<PlacementFacts, "coordinatorGroup" | "whyNoNodeIsAdded">;
  /** Read now. */
  readonly inventory: (signal: AbortSignal) => Promise<ClusterInventory>;
  readonly strategy: BalanceStrategy;
}

/** Of one operation: its record, with all of its moves, is one value of the store. */
const MOST_MOVES = 5_000;

/** No node is moved onto for balance when one is emptied. */
const NEVER_FOR_BALANCE = 1_000_000;

/** The node of this name. NODE_NOT_FOUND. */
export function registeredNode(nodes: readonly ClusterNode[], name: string): ClusterNode {
  const node = nodes.find((other) => other.name === name);
  if (node !== undefined) return node;
  throw new OrreryError("NODE_NOT_FOUND", `there is no node ${JSON.stringify(name)}`, {
    details: { metadata: { node: name } },
  });
}

/** Throws PLACEMENT_REFUSED or NODE_UNFIT unless the shard group may go to the node and can. */
export async function checkTarget(
  { changes, inventory }: CheckDeps,
  { shard, target }: { readonly shard: Shard; readonly target: string },
  signal: AbortSignal,
): Promise<void> {
  const node = registeredNode(await changes.readNodes(signal), target);
  if (node.role === "standby") throw refused(`${target} is a standby: name the primary of its group`);
  if (!node.active) throw unfit(target, [`${target} is registered, but not in use`]);
  if (shard.group === node.group) throw refused(`shard ${shard.id} is on ${target} already`);
  if (!node.mayHoldShards) throw refused(`${target} gets no shard groups: it is drained or only coordinates`);
  const known = await inventory(signal);
  if (!known.shardGroups.some((group) => group.shard === shard.id)) {
    const source = known.nodes.find(({ group }) => group === shard.group)?.name ?? `group ${shard.group}`;
    throw unfit(source, [`${source}, which holds shard ${shard.id}, does not answer`]);
  }
  refuseBlocked(checkMove(known, { shard: shard.id, target }));
}

/** Throws NODE_UNFIT unless shards of this node can be cut while they are written to. */
export async function checkSplittable(
  changes: PlacementChanges,
  node: string,
  signal: AbortSignal,
): Promise<void> {
  const facts = await changes.serverFacts(node, signal);
  const verdicts = [judgeWalLevel(facts), judgeOutputPlugins(facts)];
  const reasons = reasonsAgainst(node, verdicts, (ability) => ability === "split");
  if (reasons.length > 0) throw unfit(node, reasons);
}

/**
 * The moves that empty a node. PLACEMENT_REFUSED or NODE_UNFIT when a shard group cannot leave,
 * NODE_NOT_FOUND.
 */
export async function planDrain(
  { inventory, strategy }: CheckDeps,
  node: string,
  signal: AbortSignal,
): Promise<readonly PlannedMove[]> {
  const known = await inventory(signal);
  const others = known.nodes.filter(({ name, state }) => name !== node && state === "active");
  const own = known.nodes.find(({ name }) => name === node);
  const held = known.shardGroups.filter(({ group }) => group === own?.group).length;
  if (held > 0 && others.length === 0)
    throw refused(`the ${held} shard groups of ${node} have nowhere to go`);
  if (held > MOST_MOVES) {
    throw refused(
      `${node} holds ${held} shard groups, and one drain moves ${MOST_MOVES}: rebalance it away first`,
    );
  }
  const plan = planBalance(known, {
    strategy,
    threshold: NEVER_FOR_BALANCE,
    drainedNodes: [node],
    maxMoves: MOST_MOVES,
  });
  refuseBlocked(plan.warnings);
  const moves = plan.moves.filter(({ source }) => source === node);
  if (moves.length < held) {
    throw refused(`${held - moves.length} of the ${held} shard groups of ${node} have nowhere to go`);
  }
  return moves;
}

/** Throws PLACEMENT_REFUSED for a pin that makes it impossible, NODE_UNFIT naming every other reason. */
function refuseBlocked(warnings: readonly Warning[]): void {
  const blocking = warnings.filter(({ severity }) => severity === "blocking");
  const pin = blocking.find(({ code }) => code === "pin_impossible");
  if (pin !== undefined) throw refused(pin.message);
  if (blocking.length === 0) return;
  const messages = [...new Set(blocking.map(({ message }) => message))];
  throw unfit(blocking[0]?.node ?? "", messages);
}

export function refused(message: string): OrreryError {
  return new OrreryError("PLACEMENT_REFUSED", message);
}

export function unfit(node: string, reasons: readonly string[]): OrreryError {
  return new OrreryError("NODE_UNFIT", reasons.join("; "), { details: { metadata: { node } } });
}
