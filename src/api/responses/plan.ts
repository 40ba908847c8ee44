/** A rebalance plan in the shape that proto-loader takes. */
import type { PlannedMove, RebalancePlan, Warning } from "../../rebalance/types.ts";
import { timestampOfMilliseconds } from "./timestamp.ts";

export function toPlanMessage(plan: RebalancePlan): object {
  return {
    id: plan.id,
    create_time: timestampOfMilliseconds(plan.createdAtMs),
    epoch: plan.epoch,
    strategy: `BALANCE_STRATEGY_${plan.options.strategy.toUpperCase()}`,
    threshold: plan.options.threshold,
    imbalance_before: plan.imbalanceBefore,
    imbalance_after: plan.imbalanceAfter,
    moves: plan.moves.map(toMoveMessage),
    nodes: plan.nodes.map((node) => ({
      node: node.node,
      cost_before: node.costBefore,
      cost_after: node.costAfter,
      shard_groups_before: node.shardGroupsBefore,
      shard_groups_after: node.shardGroupsAfter,
    })),
    warnings: plan.warnings.map(toWarningMessage),
    estimated_seconds: plan.estimatedSeconds,
    measured: plan.measured,
    isolations: plan.isolations.map(({ shard, rows, ...advice }) => ({
      ...advice,
      shard_id: shard,
      estimated_rows: Math.round(rows),
    })),
    shard_counts: plan.shardCounts.map(({ shardCount, rows, ...advice }) => ({
      ...advice,
      shard_count: shardCount,
      estimated_rows: Math.round(rows),
    })),
  };
}

function toMoveMessage(move: PlannedMove): object {
  return {
    shard_id: move.shard,
    collection: move.collection,
    source_node: move.source,
    target_node: move.target,
    reason: move.reason,
    bytes: move.bytes,
    copy_bytes: move.copyBytes,
    estimated_rows: Math.round(move.rows),
    copy_seconds: move.copySeconds,
    index_seconds: move.indexSeconds,
    wal_kept_bytes: Math.round(move.walKeptBytes),
    target_free_bytes_before: move.targetFreeBytesBefore,
    target_free_bytes_after: move.targetFreeBytesAfter,
    imbalance_after: move.imbalanceAfter,
  };
}

function toWarningMessage({ severity, code, node, message }: Warning): object {
  return { severity: `SEVERITY_${severity.toUpperCase()}`, code, node: node ?? "", message };
}
