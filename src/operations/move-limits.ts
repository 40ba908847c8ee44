/** What holds moves back: replication that lags, searches that take too long. */
import type { ClusterChanges } from "../engines/cluster-changes.ts";
import { isOrreryError } from "../errors.ts";
import type { CoordinatorInfo } from "../topology/map-store.ts";

export interface MoveLimitSettings {
  readonly maxLagBytes: number;
  /** undefined: no limit. */
  readonly maxSearchP95Ms: number | undefined;
}

export interface MoveLimits {
  /** What is over its limit, for people; undefined when nothing is. */
  exceeded(signal: AbortSignal): Promise<string | undefined>;
}

export interface MoveLimitDeps {
  readonly changes: Pick<ClusterChanges, "replicationLagBytes">;
  readonly coordinators: () => Promise<readonly CoordinatorInfo[]>;
  readonly settings: MoveLimitSettings;
}

export function createMoveLimits({ changes, coordinators, settings }: MoveLimitDeps): MoveLimits {
  const { maxLagBytes, maxSearchP95Ms } = settings;
  return {
    async exceeded(signal) {
      const lag = await changes.replicationLagBytes(signal);
      if (lag > maxLagBytes) return `replication lags by ${lag} bytes, the limit is ${maxLagBytes}`;
      if (maxSearchP95Ms === undefined) return undefined;
      const reports = await coordinators().catch((error: unknown) => {
        // Nobody can say how searches are: moves go on.
        if (!isOrreryError(error, "STORE_UNAVAILABLE")) throw error;
        return [];
      });
      const p95Ms = Math.max(0, ...reports.map((report) => report.searchP95Ms ?? 0));
      return p95Ms > maxSearchP95Ms
        ? `searches take ${Math.round(p95Ms)} ms at p95, the limit is ${maxSearchP95Ms}`
        : undefined;
    },
  };
}
