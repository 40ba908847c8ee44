/** The rule about the clock of a server: times and versions of records come from it. Pure. */
import type { ClockDifference } from "./server-facts.ts";
import { fine, type Verdict } from "./verdict.ts";

const TOLERANCE_MS = 1_000;
/** From here on a server does not become a node. */
const MOST_OF_A_CANDIDATE_MS = 5_000;

/** `other`: whose clock it was compared with, `this machine's` for one. */
export function judgeClock({ aheadMs, errorMs }: ClockDifference, other: string): Verdict<"clock"> {
  const leastMs = Math.abs(aheadMs) - errorMs;
  const seconds = (Math.abs(aheadMs) / 1000).toFixed(1);
  const difference = `${seconds} s ${aheadMs > 0 ? "ahead of" : "behind"} ${other}`;
  if (leastMs <= TOLERANCE_MS) return fine("clock", difference);
  return {
    code: "clock",
    severity: "warning",
    prevents: leastMs > MOST_OF_A_CANDIDATE_MS ? ["join"] : [],
    sentence: `has a clock ${difference}; keep both in time (NTP): times and versions of records come from it`,
  };
}
