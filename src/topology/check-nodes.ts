/** The leader task that checks the nodes regularly and keeps the findings that last. */
import { OrreryError } from "../errors.ts";
import type { Logger } from "../lib/logger.ts";
import { createOutageLog } from "../lib/outage-log.ts";
import { repeat } from "../lib/repeat.ts";
import { runWithin } from "../lib/time-limit.ts";
import { type Finding, lastingFindings, type SeenFinding, trackFindings } from "./findings.ts";
import type { LeaderTask } from "./leader.ts";

const CHECK_TIMEOUT_MS = 30_000;
const FINDING_LASTS_MS = 5_000;

export interface NodeChecksOptions {
  /** `Engine.check`. */
  readonly check: (signal: AbortSignal) => Promise<readonly Finding[]>;
  readonly intervalMs: number;
  readonly logger: Logger;
  /** Milliseconds; only differences matter. */
  readonly monotonicMs: () => number;
}

export interface NodeChecks {
  readonly task: LeaderTask;
  /** What the checks of this leader have found for some seconds; empty on all other coordinators. */
  findings(): readonly Finding[];
}

export function createNodeChecks({ check, intervalMs, logger, monotonicMs }: NodeChecksOptions): NodeChecks {
  const outage = createOutageLog(logger, "check the nodes", monotonicMs);
  let seen: readonly SeenFinding[] = [];
  let findings: readonly Finding[] = [];

  const report = (next: readonly SeenFinding[]) => {
    seen = next;
    const lasting = lastingFindings(seen, monotonicMs(), FINDING_LASTS_MS);
    if (JSON.stringify(lasting) === JSON.stringify(findings)) return;
    findings = lasting;
    logger.warn({ findings }, "findings about the nodes changed");
  };

  const checkOnce = async (signal: AbortSignal) => {
    try {
      const found = await runWithin({ ms: CHECK_TIMEOUT_MS, reason: noAnswer, signal }, check);
      report(trackFindings(seen, found, monotonicMs()));
      outage.worked();
    } catch (error) {
      if (!signal.aborted) outage.failed(error);
    }
  };

  return {
    async task({ signal }) {
      await repeat(() => checkOnce(signal), intervalMs, signal);
      report([]);
    },
    findings: () => findings,
  };
}

const noAnswer = () =>
  new OrreryError("NODE_UNAVAILABLE", `no answer from the nodes in ${CHECK_TIMEOUT_MS} ms`);
