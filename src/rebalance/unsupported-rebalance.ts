import { OrreryError } from "../errors.ts";
import type { RebalanceApi } from "./api.ts";

/** For engines whose placement is fixed. */
export function unsupportedRebalance(engine: string): RebalanceApi {
  const refuse = async () => {
    throw new OrreryError("UNSUPPORTED", `engine ${engine} cannot rebalance: its placement is fixed`);
  };
  return {
    plan: refuse,
    planToStart: refuse,
    pinnedGroup: async () => undefined,
    inventory: async () => undefined,
  };
}
