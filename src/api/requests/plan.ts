/** PlanRebalance. Throws INVALID_REQUEST naming the first field that is wrong. */
import { invalidField } from "../../errors.ts";
import type { PlanRebalanceRequestMessage } from "../../proto/generated/orrery/v1/PlanRebalanceRequest.ts";
import type { PlanRequest } from "../../rebalance/api.ts";
import type { BalanceStrategy } from "../../rebalance/costs.ts";
import { toNodeName } from "./change.ts";
import { toNumberIn } from "./numbers.ts";

const MAX_THRESHOLD = 10;
const MAX_MOVES = 1000;

const STRATEGIES: Readonly<Record<string, BalanceStrategy | undefined>> = {
  BALANCE_STRATEGY_BY_DISK_SIZE: "by_disk_size",
  BALANCE_STRATEGY_BY_SHARD_COUNT: "by_shard_count",
  BALANCE_STRATEGY_BY_ROW_COUNT: "by_row_count",
  BALANCE_STRATEGY_BY_LOAD: "by_load",
};

export function toPlanRequest(message: PlanRebalanceRequestMessage): PlanRequest {
  const { threshold, maxMoves } = message;
  const strategy = STRATEGIES[message.strategy];
  if (strategy === undefined && message.strategy !== "BALANCE_STRATEGY_UNSPECIFIED") {
    throw invalidField("strategy", `${message.strategy} is not a BalanceStrategy`);
  }
  return {
    ...(strategy !== undefined && { strategy }),
    ...(threshold !== undefined && { threshold: toNumberIn(threshold, "threshold", 0, MAX_THRESHOLD) }),
    ...(maxMoves !== undefined && { maxMoves: toNumberIn(maxMoves, "max_moves", 1, MAX_MOVES) }),
    ...nodesOf(message, "nodes", "nodes"),
    ...nodesOf(message, "excludedNodes", "excluded_nodes"),
    ...nodesOf(message, "drainedNodes", "drained_nodes"),
  };
}

type NodesField = "nodes" | "excludedNodes" | "drainedNodes";

/** Each node once; an empty list counts as absent. */
function nodesOf(message: PlanRebalanceRequestMessage, field: NodesField, path: string): PlanRequest {
  const names = message[field].map((name, index) => toNodeName(name, `${path}[${index}]`));
  return names.length === 0 ? {} : { [field]: [...new Set(names)] };
}
