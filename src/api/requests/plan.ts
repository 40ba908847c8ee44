/** PlanRebalance. Throws INVALID_REQUEST naming the fields that are wrong. */
import { FieldChecks, invalidField } from "../../errors.ts";
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
  const checks = new FieldChecks();
  const strategy = checks.of(toStrategy, message.strategy);
  const request = {
    ...(strategy !== undefined && { strategy }),
    ...(threshold !== undefined && {
      threshold: checks.of(toNumberIn, threshold, "threshold", 0, MAX_THRESHOLD),
    }),
    ...(maxMoves !== undefined && { maxMoves: checks.of(toNumberIn, maxMoves, "max_moves", 1, MAX_MOVES) }),
    ...checks.of(nodesOf, message, "nodes", "nodes"),
    ...checks.of(nodesOf, message, "excludedNodes", "excluded_nodes"),
    ...checks.of(nodesOf, message, "drainedNodes", "drained_nodes"),
  };
  checks.done();
  return request;
}

/** undefined: not named. */
function toStrategy(name: string): BalanceStrategy | undefined {
  const strategy = STRATEGIES[name];
  if (strategy === undefined && name !== "BALANCE_STRATEGY_UNSPECIFIED") {
    throw invalidField("strategy", `${name} is not a BalanceStrategy`);
  }
  return strategy;
}

type NodesField = "nodes" | "excludedNodes" | "drainedNodes";

/** Each node once; an empty list counts as absent. */
function nodesOf(message: PlanRebalanceRequestMessage, field: NodesField, path: string): PlanRequest {
  const checks = new FieldChecks();
  const names = message[field].map((name, index) => checks.of(toNodeName, name, `${path}[${index}]`));
  checks.done();
  return names.length === 0 ? {} : { [field]: [...new Set(names)] };
}
