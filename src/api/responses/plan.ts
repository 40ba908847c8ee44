/** A rebalance plan in the shape that proto-loader takes. */
import { upperCase } from "../../lib/upper-case.ts";
import type { PlannedMoveInit } from "../../proto/generated/orrery/v1/PlannedMove.ts";
import type { PlanWarningInit } from "../../proto/generated/orrery/v1/PlanWarning.ts";
import type { RebalancePlanInit } from "../../proto/generated/orrery/v1/RebalancePlan.ts";
import type { PlannedMove, RebalancePlan, Warning } from "../../rebalance/rebalance-plan.ts";
import { timestampOfMilliseconds } from "../wire/timestamp.ts";

export function toPlanMessage(plan: RebalancePlan): RebalancePlanInit {
  return {
    id: plan.id,
    createTime: timestampOfMilliseconds(plan.createdAtMs),
    epoch: plan.epoch,
    strategy: `BALANCE_STRATEGY_${upperCase(plan.options.strategy)}`,
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

function toMoveMessage(move: PlannedMove): PlannedMoveInit {
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

function toWarningMessage({ severity, code, node, message }: Warning): PlanWarningInit {
  return { severity: `SEVERITY_${upperCase(severity)}`, code, node: node ?? "", message };
}
