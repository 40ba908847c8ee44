/** PlanRebalance. Throws INVALID_REQUEST naming the first field that is wrong. */
import { invalidField } from "../../errors.ts";
import type { PlanRequest } from "../../rebalance/api.ts";
import type { BalanceStrategy } from "../../rebalance/types.ts";
import { toNodeName } from "./change.ts";
import { toNumberIn } from "./numbers.ts";

/** As proto-loader decodes it. */
export interface PlanRebalanceMessage {
  readonly strategy: string;
  readonly threshold?: number;
  readonly nodes: readonly string[];
  readonly excluded_nodes: readonly string[];
  readonly drained_nodes: readonly string[];
  readonly max_moves?: number;
}

const MAX_THRESHOLD = 10;
const MAX_MOVES = 1000;

const STRATEGIES: Readonly<Record<string, BalanceStrategy | undefined>> = {
  BALANCE_STRATEGY_BY_DISK_SIZE: "by_disk_size",
  BALANCE_STRATEGY_BY_SHARD_COUNT: "by_shard_count",
  BALANCE_STRATEGY_BY_ROW_COUNT: "by_row_count",
  BALANCE_STRATEGY_BY_LOAD: "by_load",
};

export function toPlanRequest(message: PlanRebalanceMessage): PlanRequest {
  const { threshold, max_moves } = message;
  const strategy = STRATEGIES[message.strategy];
  if (strategy === undefined && message.strategy !== "BALANCE_STRATEGY_UNSPECIFIED") {
    throw invalidField("strategy", `${message.strategy} is not a BalanceStrategy`);
  }
  return {
    ...(strategy !== undefined && { strategy }),
    ...(threshold !== undefined && { threshold: toNumberIn(threshold, "threshold", 0, MAX_THRESHOLD) }),
    ...(max_moves !== undefined && { maxMoves: toNumberIn(max_moves, "max_moves", 1, MAX_MOVES) }),
    ...namesOf(message, "nodes", "nodes"),
    ...namesOf(message, "excluded_nodes", "excludedNodes"),
    ...namesOf(message, "drained_nodes", "drainedNodes"),
  };
}

type NameField = "nodes" | "excluded_nodes" | "drained_nodes";

function namesOf(message: PlanRebalanceMessage, field: NameField, option: keyof PlanRequest): object {
  const names = message[field].map((name, index) => toNodeName(name, `${field}[${index}]`));
  return names.length === 0 ? {} : { [option]: [...new Set(names)] };
}
