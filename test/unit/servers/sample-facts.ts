/** Servers made up for the rules, fit for everything. */
import type { CandidateFacts, ServerFacts } from "../../../src/servers/server-facts.ts";

export const FIT_SERVER: ServerFacts = {
  postgres: "16.4",
  citus: "13.2-1",
  pgvector: "0.8.4",
  encoding: "UTF8",
  inRecovery: false,
  walLevel: "logical",
  maxPreparedTransactions: 100,
  outputPluginLibraries: "pgoutput, citus",
  maxWorkerProcesses: 64,
  maxLogicalReplicationWorkers: 32,
  maxWalSenders: 64,
  maxReplicationSlots: 64,
  usedReplicationSlots: 0,
  maxSlotWalKeepBytes: undefined,
  autovacuum: true,
  fsync: true,
  fullPageWrites: true,
};

/** A server that belongs to no cluster yet. */
export const FIT_CANDIDATE: CandidateFacts = {
  ...FIT_SERVER,
  readOnly: false,
  ownsDatabase: true,
  superuser: true,
  tables: 0,
  clusterId: undefined,
  group: 0,
  clock: { aheadMs: 3, errorMs: 1 },
};

/** The coordinator node of the cluster that it may join. */
export const REFERENCE: CandidateFacts = { ...FIT_CANDIDATE, clusterId: "ours", tables: 4 };
