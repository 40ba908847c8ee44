/**
 * What throttles moves: replication that lags, searches that take too long, and either of them being unknown.
 */
import type { NodeLag, PlacementChanges } from "../engines/placement-changes.ts";
import { isOrreryError, OrreryError } from "../errors.ts";
import { runWithin } from "../lib/time-limit.ts";
import type { CoordinatorInfo } from "../topology/map-store.ts";

export interface MoveLimitSettings {
  /** 0: no limit, and lag is not measured. */
  readonly maxLagBytes: number;
  /** undefined: no limit. */
  readonly maxSearchP95Ms: number | undefined;
}

/**
 * - `over`: measured to be over its limit.
 * - `unknown`: it could not be measured, so moves that have not begun wait; those under way go on.
 */
export type Obstacle = {
  /** For people. */
  readonly reason: string;
} & ({ readonly kind: "over"; readonly limit: "lag" | "search_p95" } | { readonly kind: "unknown" });

export interface MoveLimits {
  /** Why no move may begin; undefined when one may. */
  obstacle(signal: AbortSignal): Promise<Obstacle | undefined>;
}

export interface MoveLimitDeps {
  readonly changes: Pick<PlacementChanges, "replicationLags">;
  readonly coordinators: () => Promise<readonly CoordinatorInfo[]>;
  readonly settings: MoveLimitSettings;
}

const LAGS_MS = 10_000;
const notMeasured = () => new OrreryError("NODE_UNAVAILABLE", `the cluster did not answer in ${LAGS_MS} ms`);

export function createMoveLimits({ changes, coordinators, settings }: MoveLimitDeps): MoveLimits {
  const { maxLagBytes, maxSearchP95Ms } = settings;
  const obstacleOf = async (
    what: string,
    judge: () => Promise<Obstacle | undefined>,
    signal: AbortSignal,
  ) => {
    try {
      return await judge();
    } catch (error) {
      signal.throwIfAborted();
      if (!isOrreryError(error)) throw error;
      return { kind: "unknown" as const, reason: `${what} is unknown: ${error.message}` };
    }
  };
  return {
    async obstacle(signal) {
      const ofLag = async () => {
        if (maxLagBytes === 0) return undefined;
        const limit = { ms: LAGS_MS, reason: notMeasured, signal };
        return judgeLag(await runWithin(limit, (limited) => changes.replicationLags(limited)), maxLagBytes);
      };
      const ofSearches = async () =>
        maxSearchP95Ms === undefined ? undefined : judgeP95(await coordinators(), maxSearchP95Ms);
      const lag = await obstacleOf("replication lag", ofLag, signal);
      if (lag?.kind === "over") return lag;
      const searches = await obstacleOf("how long searches take", ofSearches, signal);
      return searches?.kind === "over" ? searches : (lag ?? searches);
    },
  };
}

/** Pure. */
function judgeLag(lags: readonly NodeLag[], maxLagBytes: number): Obstacle | undefined {
  const known = lags.flatMap((lag) => ("bytes" in lag ? [lag] : []));
  const slowest = known.sort((a, b) => b.bytes - a.bytes)[0];
  if (slowest !== undefined && slowest.bytes > maxLagBytes) {
    const { node, replica, bytes } = slowest;
    const reason = `replication of ${node} lags by ${bytes} bytes (${replica}), the limit is ${maxLagBytes}`;
    return { kind: "over", limit: "lag", reason };
  }
  const [unknown] = lags.flatMap((lag) => ("unknown" in lag ? [lag] : []));
  if (unknown === undefined) return undefined;
  return { kind: "unknown", reason: `replication lag of ${unknown.node} is unknown: ${unknown.unknown}` };
}

/** A coordinator without a report has had no searches. Pure. */
function judgeP95(reports: readonly CoordinatorInfo[], maxSearchP95Ms: number): Obstacle | undefined {
  const p95Ms = Math.max(0, ...reports.map((report) => report.searchP95Ms ?? 0));
  if (p95Ms <= maxSearchP95Ms) return undefined;
  const reason = `searches take ${Math.round(p95Ms)} ms at p95, the limit is ${maxSearchP95Ms}`;
  return { kind: "over", limit: "search_p95", reason };
}
