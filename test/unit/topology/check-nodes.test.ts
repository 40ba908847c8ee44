import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Leading } from "../../../src/coordinator/start-leading.ts";
import type { Logger } from "../../../src/lib/logger.ts";
import type { Finding } from "../../../src/topology/findings.ts";
import { EMPTY_MAP } from "../../../src/topology/shard-map.ts";
import { noopLogger } from "../../contract/noop-logger.ts";
import { waitFor } from "../../support/wait-for.ts";
import { leadWith } from "./lead-with.ts";
import { MemoryEngine } from "./memory-engine.ts";
import { createUnreliableStore } from "./unreliable-store.ts";

const LAGGING: Finding = { node: "worker-1:5432", problem: "placements differ" };
const PASSING: Finding = { node: "worker-2:5432", problem: "placements differ" };

describe("checking the nodes", () => {
  let engine: MemoryEngine;
  let now: number;
  let checks: number;
  let leading: Leading;
  /** The findings of each warning that they changed. */
  let reports: (readonly Finding[])[];

  beforeEach(async () => {
    engine = new MemoryEngine();
    now = 0;
    checks = 0;
    reports = [];
    const check = engine.check.bind(engine);
    engine.check = () => {
      checks += 1;
      return check();
    };
    const logger: Logger = {
      ...noopLogger,
      warn: (fields, message) => {
        if (message === "findings about the nodes changed") reports.push(findingsIn(fields));
      },
    };
    leading = leadWith({
      store: createUnreliableStore(),
      engine,
      map: { current: () => EMPTY_MAP },
      id: "a",
      checkIntervalMs: 5,
      monotonicMs: () => now,
      logger,
    });
    await waitFor(() => leading.isLeader(), { what: "the leader" });
  });
  afterEach(() => leading.close());

  /** Resolves after a check that began after the call. */
  const checked = () => {
    const until = checks + 2;
    return waitFor(() => checks >= until, { what: "two checks" });
  };

  it("reports findings that last five seconds, and their end", async () => {
    engine.found = [LAGGING, PASSING];
    await checked();
    now = 4_999;
    await checked();
    expect(leading.findings()).toEqual([]);
    engine.found = [LAGGING];
    await checked();
    now = 5_000;
    engine.found = [LAGGING, PASSING];
    await checked();
    expect(leading.findings()).toEqual([LAGGING]);
    engine.found = [];
    await checked();
    expect(leading.findings()).toEqual([]);
    expect(reports).toEqual([[LAGGING], []]);
  });

  it("keeps its findings while a check fails, and updates them afterwards", async () => {
    engine.found = [LAGGING];
    await checked();
    now = 5_000;
    await checked();
    const check = engine.check;
    let failures = 0;
    engine.check = async () => {
      failures += 1;
      throw new Error("no answer");
    };
    await waitFor(() => failures >= 2, { what: "two failures" });
    expect(leading.findings()).toEqual([LAGGING]);
    expect(leading.isLeader()).toBe(true);
    engine.check = check;
    engine.found = [];
    await checked();
    expect(leading.findings()).toEqual([]);
  });

  it("has no findings once the leader term is over", async () => {
    engine.found = [LAGGING];
    await checked();
    now = 5_000;
    await checked();
    await leading.close();
    expect(leading.findings()).toEqual([]);
    expect(reports).toEqual([[LAGGING], []]);
  });
});

function findingsIn(fields: object): readonly Finding[] {
  return (fields as { readonly findings: readonly Finding[] }).findings;
}
