/** A rebalance plan in the shape that proto-loader takes. */
import type { PlannedMove, RebalancePlan, Warning } from "../../rebalance/types.ts";
import { timestampOfMilliseconds } from "./timestamp.ts";

export function toPlanMessage(plan: RebalancePlan): object {
  return {
    id: plan.id,
    createTime: timestampOfMilliseconds(plan.createdAtMs),
    epoch: plan.epoch,
    strategy: `BALANCE_STRATEGY_${plan.options.strategy.toUpperCase()}`,
    threshold: plan.options.threshold,
    imbalanceBefore: plan.imbalanceBefore,
    imbalanceAfter: plan.imbalanceAfter,
    moves: plan.moves.map(toMoveMessage),
    nodes: plan.nodes.map((node) => ({
      node: node.node,
      costBefore: node.costBefore,
      costAfter: node.costAfter,
      shardGroupsBefore: node.shardGroupsBefore,
      shardGroupsAfter: node.shardGroupsAfter,
    })),
    warnings: plan.warnings.map(toWarningMessage),
    estimatedSeconds: plan.estimatedSeconds,
    measured: plan.measured,
    isolations: plan.isolations.map(({ shard, rows, ...advice }) => ({
      ...advice,
      shardId: shard,
      estimatedRows: Math.round(rows),
    })),
    shardCounts: plan.shardCounts.map(({ shardCount, rows, ...advice }) => ({
      ...advice,
      shardCount: shardCount,
      estimatedRows: Math.round(rows),
    })),
  };
}

function toMoveMessage(move: PlannedMove): object {
  return {
    shardId: move.shard,
    collection: move.collection,
    sourceNode: move.source,
    targetNode: move.target,
    reason: move.reason,
    bytes: move.bytes,
    copyBytes: move.copyBytes,
    estimatedRows: Math.round(move.rows),
    copySeconds: move.copySeconds,
    indexSeconds: move.indexSeconds,
    walKeptBytes: Math.round(move.walKeptBytes),
    targetFreeBytesBefore: move.targetFreeBytesBefore,
    targetFreeBytesAfter: move.targetFreeBytesAfter,
    imbalanceAfter: move.imbalanceAfter,
  };
}

function toWarningMessage({ severity, code, node, message }: Warning): object {
  return { severity: `SEVERITY_${severity.toUpperCase()}`, code, node: node ?? "", message };
}
