import { describe, expect, it } from "vitest";
import type { CandidateFacts } from "../../../src/servers/server-facts.ts";
import { whyUnfit } from "../../../src/servers/why-unfit.ts";
import { FIT_CANDIDATE, REFERENCE } from "./sample-facts.ts";

const reasons = (facts: Partial<CandidateFacts>, standbyOf?: number) =>
  whyUnfit("n:1", { ...FIT_CANDIDATE, ...facts }, { reference: REFERENCE, standbyOf });

describe("a server that is to become a node", () => {
  it("fits when it is like the coordinator node of the cluster", () => {
    expect(reasons({})).toEqual([]);
    const standby = { inRecovery: true, walLevel: "replica", clusterId: "ours", group: 2, tables: 4 };
    expect(reasons(standby, 2)).toEqual([]);
  });

  it("fits again after it was removed, although it still has its tables and refuses writes", () => {
    expect(reasons({ clusterId: "ours", tables: 4, readOnly: true })).toEqual([]);
  });

  it.each<[string, Partial<CandidateFacts>, RegExp]>([
    ["another major version", { postgres: "15.20 (Debian)" }, /PostgreSQL 15, the cluster has 16/],
    ["another Citus", { citus: "14.0-1" }, /Citus 14/],
    ["no Citus", { citus: undefined }, /Citus none/],
    ["no pgvector", { pgvector: undefined }, /no pgvector/],
    ["another pgvector", { pgvector: "0.7.4" }, /pgvector 0\.7\.4/],
    ["another encoding", { encoding: "LATIN1" }, /LATIN1/],
    ["a primary that it follows", { inRecovery: true }, /is a standby/],
    ["a wal_level below logical", { walLevel: "replica" }, /wal_level/],
    ["no prepared transactions", { maxPreparedTransactions: 0 }, /max_prepared_transactions/],
    ["a plugin that its list lacks", { outputPluginLibraries: "pgoutput" }, /lacks citus/],
    ["a clock that is a minute off", { clock: { aheadMs: -60_000, errorMs: 1 } }, /60\.0 s behind/],
    ["another cluster", { tables: 3 }, /another cluster/],
    ["writes refused", { readOnly: true }, /refuse writes/],
  ])("does not fit with %s", (_, facts, reason) => {
    expect(reasons(facts)).toEqual([expect.stringMatching(reason)]);
  });

  it("is refused with every reason at once", () => {
    expect(reasons({ postgres: "15.20", pgvector: undefined, walLevel: "minimal" })).toHaveLength(3);
  });

  it("fits with a clock that is less than five seconds off, or read too slowly to tell", () => {
    expect(reasons({ clock: { aheadMs: 4_900, errorMs: 1 } })).toEqual([]);
    expect(reasons({ clock: { aheadMs: 9_000, errorMs: 4_500 } })).toEqual([]);
  });

  it("needs no plugin that the cluster does without", () => {
    const without = { ...FIT_CANDIDATE, outputPluginLibraries: "pgoutput" };
    const reference = { ...REFERENCE, outputPluginLibraries: "pgoutput" };
    expect(whyUnfit("n:1", without, { reference, standbyOf: undefined })).toEqual([]);
  });
});
