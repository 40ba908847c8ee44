import { describe, expect, it } from "vitest";
import type { ServerFacts } from "../../../src/engines/cluster-changes.ts";
import { whyUnfit } from "../../../src/servers/why-unfit.ts";

const fit: ServerFacts = {
  postgresMajor: 16,
  citus: "13.2-1",
  pgvector: "0.8.0",
  encoding: "UTF8",
  inRecovery: false,
  readOnly: false,
  ownsDatabase: true,
  superuser: true,
  tables: 0,
  clusterId: undefined,
  group: 0,
  walLevel: "logical",
  maxPreparedTransactions: 100,
  outputPluginLibraries: "pgoutput, citus",
  clockDifferenceMs: 3,
};
const reference: ServerFacts = { ...fit, clusterId: "ours", tables: 4 };
const reasons = (facts: Partial<ServerFacts>, standbyOf?: number) =>
  whyUnfit("n:1", { ...fit, ...facts }, { reference, standbyOf });

describe("a server that is to become a node", () => {
  it("may, when it is like the Citus coordinator node", () => {
    expect(reasons({})).toEqual([]);
    const standby = { inRecovery: true, walLevel: "replica", clusterId: "ours", group: 2, tables: 4 };
    expect(reasons(standby, 2)).toEqual([]);
  });

  it("may come back after it was removed, although it still has its tables and refuses writes", () => {
    expect(reasons({ clusterId: "ours", tables: 4, readOnly: true })).toEqual([]);
  });

  it.each<[string, Partial<ServerFacts>, RegExp]>([
    ["another major version", { postgresMajor: 15 }, /PostgreSQL 15, the cluster has 16/],
    ["another Citus", { citus: "14.0-1" }, /Citus 14/],
    ["no Citus", { citus: undefined }, /Citus none/],
    ["no pgvector", { pgvector: undefined }, /no pgvector/],
    ["another pgvector", { pgvector: "0.7.4" }, /pgvector 0\.7\.4/],
    ["another encoding", { encoding: "LATIN1" }, /LATIN1/],
    ["a primary to follow", { inRecovery: true }, /is a standby/],
    ["too little in its log", { walLevel: "replica" }, /wal_level/],
    ["no prepared transactions", { maxPreparedTransactions: 0 }, /max_prepared_transactions/],
    ["a decoder that is not let in", { outputPluginLibraries: "pgoutput" }, /lacks citus/],
    ["another time", { clockDifferenceMs: -60_000 }, /-60 s off/],
    ["another cluster", { tables: 3 }, /another cluster/],
    ["no leave to write", { readOnly: true }, /refuse writes/],
  ])("may not with %s", (_, facts, reason) => {
    expect(reasons(facts)).toEqual([expect.stringMatching(reason)]);
  });

  it("is told every reason at once", () => {
    expect(reasons({ postgresMajor: 15, pgvector: undefined, walLevel: "minimal" })).toHaveLength(3);
  });
});
