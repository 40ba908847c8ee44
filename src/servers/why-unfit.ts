/** Whether a PostgreSQL server can become a node. Pure. */
import { judgeClock } from "./judge-clock.ts";
import { judgeOutputPlugins, judgePreparedTransactions, judgeWalLevel } from "./judge-settings.ts";
import { judgePgvectorInstalled, versionDifferences } from "./judge-versions.ts";
import type { CandidateFacts } from "./server-facts.ts";
import { reasonsAgainst } from "./verdict.ts";

export interface Expected {
  /** The coordinator node of the cluster. */
  readonly reference: CandidateFacts;
  /** The node group that it is to be a standby of; undefined: it is to be a primary. */
  readonly standbyOf: number | undefined;
}

/** Why it cannot, a sentence each; empty when it can. */
export function whyUnfit(
  name: string,
  facts: CandidateFacts,
  { reference, standbyOf }: Expected,
): readonly string[] {
  const reasons: string[] = [];
  const differs = (what: string, present: string | undefined, expected: string | undefined) =>
    reasons.push(`${name} has ${what} ${present ?? "none"}, the cluster has ${expected ?? "none"}`);
  for (const { what, present, expected } of versionDifferences(facts, reference)) {
    // That it is missing has a sentence of its own.
    if (what !== "pgvector" || present !== undefined) differs(what, present, expected);
  }
  reasons.push(...reasonsAgainst(name, [judgePgvectorInstalled(facts)]));
  if (facts.encoding !== reference.encoding) differs("encoding", facts.encoding, reference.encoding);
  const asStandby = standbyOf !== undefined;
  if (facts.inRecovery !== asStandby) {
    reasons.push(asStandby ? `${name} is not in recovery, so it is no standby` : `${name} is a standby`);
  }
  reasons.push(...reasonsAgainst(name, [judgeClock(facts.clock, "the cluster's")]));
  reasons.push(
    ...(asStandby
      ? whyNotStandby(name, facts, { reference, group: standbyOf })
      : whyNotPrimary(name, facts, reference)),
  );
  return reasons;
}

/**
 * What it replicates says of itself which group it is; registered with another, it would be asked for that
 * one's records.
 */
function whyNotStandby(
  name: string,
  facts: CandidateFacts,
  { reference, group }: { readonly reference: CandidateFacts; readonly group: number },
): readonly string[] {
  if (facts.clusterId === undefined || facts.clusterId !== reference.clusterId) {
    return [`${name} replicates no node of this cluster`];
  }
  if (facts.group === group) return [];
  return [`${name} replicates a node of node group ${facts.group}, not of ${group}`];
}

function whyNotPrimary(name: string, facts: CandidateFacts, reference: CandidateFacts): readonly string[] {
  // A cluster that does without a plugin does not need it of new nodes.
  const dispensable = judgeOutputPlugins(reference).prevents;
  const reasons = [
    ...reasonsAgainst(name, [judgeWalLevel(facts), judgePreparedTransactions(facts)]),
    ...reasonsAgainst(name, [judgeOutputPlugins(facts)], (ability) => !dispensable.includes(ability)),
  ];
  const ours = facts.clusterId !== undefined && facts.clusterId === reference.clusterId;
  if (facts.tables > 0 && !ours)
    reasons.push(`${name} belongs to another cluster, with ${facts.tables} tables`);
  if (facts.readOnly && !ours) reasons.push(`${name} is set to refuse writes`);
  return reasons;
}
