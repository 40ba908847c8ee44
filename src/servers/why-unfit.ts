/** Whether a PostgreSQL server can become a node. Pure. */
import type { ServerFacts } from "../engines/cluster-changes.ts";
import type { GroupId } from "../topology/shard-map.ts";

/** Times of records and of operations come from different nodes. */
const MAX_CLOCK_DIFFERENCE_MS = 5_000;

export interface Expected {
  /** The coordinator node of the cluster. */
  readonly reference: ServerFacts;
  /** The node group that it is to be a standby of; undefined: it is to be a primary. */
  readonly standbyOf: GroupId | undefined;
}

/** Why it cannot, a sentence each; empty when it can. */
export function whyUnfit(
  name: string,
  facts: ServerFacts,
  { reference, standbyOf }: Expected,
): readonly string[] {
  const reasons: string[] = [];
  const same = (what: string, value: unknown, expected: unknown) => {
    if (value !== expected)
      reasons.push(`${name} has ${what} ${value ?? "none"}, the cluster has ${expected}`);
  };
  same("PostgreSQL", facts.postgresMajor, reference.postgresMajor);
  same("Citus", facts.citus, reference.citus);
  if (facts.pgvector === undefined) reasons.push(`${name} has no pgvector in the database`);
  else same("pgvector", facts.pgvector, reference.pgvector);
  same("encoding", facts.encoding, reference.encoding);
  const asStandby = standbyOf !== undefined;
  if (facts.inRecovery !== asStandby) {
    reasons.push(asStandby ? `${name} is not in recovery, so it is no standby` : `${name} is a standby`);
  }
  if (Math.abs(facts.clockDifferenceMs) > MAX_CLOCK_DIFFERENCE_MS) {
    reasons.push(`the clock of ${name} is ${Math.round(facts.clockDifferenceMs / 1000)} s off`);
  }
  reasons.push(
    ...(asStandby
      ? whyNotStandbyOf(standbyOf, name, facts, reference)
      : whyNotPrimary(name, facts, reference)),
  );
  return reasons;
}

/**
 * What it replicates says of itself which group it is; registered with another, it would be asked for that
 * one's records.
 */
function whyNotStandbyOf(
  group: GroupId,
  name: string,
  facts: ServerFacts,
  reference: ServerFacts,
): readonly string[] {
  if (facts.clusterId === undefined || facts.clusterId !== reference.clusterId) {
    return [`${name} replicates no node of this cluster`];
  }
  if (facts.group === group) return [];
  return [`${name} replicates a node of node group ${facts.group}, not of ${group}`];
}

function whyNotPrimary(name: string, facts: ServerFacts, reference: ServerFacts): readonly string[] {
  const reasons: string[] = [];
  if (facts.walLevel !== "logical")
    reasons.push(`wal_level of ${name} is ${facts.walLevel}, must be logical`);
  if (facts.maxPreparedTransactions === 0) {
    reasons.push(`max_prepared_transactions of ${name} is 0: no change of several nodes could be committed`);
  }
  const listed = (libraries: string | undefined) => libraries?.split(",").map((one) => one.trim());
  if (
    listed(reference.outputPluginLibraries)?.includes("citus") &&
    facts.outputPluginLibraries !== undefined
  ) {
    if (!listed(facts.outputPluginLibraries)?.includes("citus")) {
      reasons.push(`output_plugin_libraries of ${name} lacks citus: splits would be refused there`);
    }
  }
  const ours = facts.clusterId !== undefined && facts.clusterId === reference.clusterId;
  if (facts.tables > 0 && !ours)
    reasons.push(`${name} belongs to another cluster, with ${facts.tables} tables`);
  if (facts.readOnly && !ours) reasons.push(`${name} is set to refuse writes`);
  return reasons;
}
