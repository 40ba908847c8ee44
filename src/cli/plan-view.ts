/** A rebalance plan as people read it. */

import type { NodeBalanceMessage } from "../proto/generated/orrery/v1/NodeBalance.ts";
import type { RebalancePlanMessage } from "../proto/generated/orrery/v1/RebalancePlan.ts";
import { drawBar, formatBytes, formatCount, formatImbalance, formatSeconds } from "./format.ts";
import type { Output } from "./output.ts";
import { word } from "./present.ts";
import { fromTimestamp } from "./values.ts";

const BAR_WIDTH = 24;

/** The same for programs. */
function presentPlan(plan: RebalancePlanMessage) {
  return {
    ...plan,
    createTime: fromTimestamp(plan.createTime),
    strategy: word(plan.strategy, "BALANCE_STRATEGY_"),
    warnings: plan.warnings.map((warning) => ({ ...warning, severity: word(warning.severity, "SEVERITY_") })),
  };
}

export function showPlan(output: Output, plan: RebalancePlanMessage): void {
  if (output.json) {
    output.show(presentPlan(plan), [], []);
    return;
  }
  const say = (text = "") => output.line(undefined, text);
  const { imbalanceBefore, imbalanceAfter, threshold, moves } = plan;
  say(`plan ${plan.id}: ${moves.length} moves, ${word(plan.strategy, "BALANCE_STRATEGY_")}`);
  say(
    `imbalance ${formatImbalance(imbalanceBefore)} now, ${formatImbalance(imbalanceAfter)} after; threshold ${formatImbalance(threshold)}`,
  );
  say();
  showBalance(output, plan);
  if (moves.length > 0) {
    say();
    showMoves(output, plan);
    const basis = plan.measured
      ? "as moves on this cluster went"
      : "assumed: this cluster has not moved anything yet";
    say(`about ${formatSeconds(plan.estimatedSeconds)} (${basis})`);
  }
  if (plan.warnings.length > 0) say();
  for (const { severity, message } of plan.warnings) say(`${word(severity, "SEVERITY_")}: ${message}`);
}

/** What every node carries, before and after, as bars of one scale. */
function showBalance(output: Output, { nodes, strategy }: RebalancePlanMessage): void {
  const most = Math.max(1e-9, ...nodes.flatMap(({ costBefore, costAfter }) => [costBefore, costAfter]));
  const amount = amountOf(strategy);
  const bar = (cost: number) => `${drawBar(cost / most, BAR_WIDTH)} ${amount(cost)}`;
  output.show(
    nodes,
    ["node", "before", "after", "shards"],
    nodes.map((node: NodeBalanceMessage) => [
      node.node,
      bar(node.costBefore),
      bar(node.costAfter),
      `${node.shardGroupsBefore} -> ${node.shardGroupsAfter}`,
    ]),
  );
}

function amountOf(strategy: string): (cost: number) => string {
  if (strategy === "BALANCE_STRATEGY_BY_DISK_SIZE") return formatBytes;
  if (strategy === "BALANCE_STRATEGY_BY_LOAD") return (cost) => `${cost.toFixed(1)} ms/s`;
  return formatCount;
}

function showMoves(output: Output, { moves }: RebalancePlanMessage): void {
  output.show(
    moves,
    [
      "shard",
      "collection",
      "from",
      "to",
      "why",
      "bytes",
      "rows",
      "copy",
      "index",
      "WAL kept",
      "target free",
      "imbalance",
    ],
    moves.map((move) => [
      move.shardId,
      move.collection,
      move.sourceNode,
      move.targetNode,
      move.reason,
      formatBytes(move.bytes),
      formatCount(move.estimatedRows),
      formatSeconds(move.copySeconds),
      formatSeconds(move.indexSeconds),
      formatBytes(move.walKeptBytes),
      move.targetFreeBytesBefore === undefined
        ? "unknown"
        : `${formatBytes(move.targetFreeBytesBefore)} -> ${formatBytes(move.targetFreeBytesAfter)}`,
      formatImbalance(move.imbalanceAfter),
    ]),
  );
}

/** What else an admin might do; part of the plan. */
export function showAdvice(output: Output, { isolations, shardCounts }: RebalancePlanMessage): void {
  if (output.json) return;
  if (isolations.length > 0) {
    output.line(undefined, "");
    output.line(undefined, "worth a shard of their own:");
  }
  for (const { namespace, collection, shardId, estimatedRows, share, reason } of isolations) {
    const size = `${formatCount(estimatedRows)} rows, ${Math.round(share * 100)} % of shard ${shardId}`;
    output.line(undefined, `  ${namespace} of ${collection} (${size}): ${reason}`);
  }
  const wrong = shardCounts.filter(({ reason }) => reason !== "enough");
  if (wrong.length > 0) {
    output.line(undefined, "");
    output.show(
      wrong,
      ["collection", "shards", "advised", "rows", "what to do"],
      wrong.map(({ collection, shardCount, advised, estimatedRows, reason }) => [
        collection,
        shardCount,
        advised,
        formatCount(estimatedRows),
        reason,
      ]),
    );
  }
}
