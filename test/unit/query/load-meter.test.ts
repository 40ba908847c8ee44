import { expect, it } from "vitest";
import { OrreryError } from "../../../src/errors.ts";
import { createLoadMeter, type LoadMeter } from "../../../src/query/load-meter.ts";
import type { FinishedSearch } from "../../../src/query/query-observer.ts";
import type { RequestContext, SearchRequest, SearchResult } from "../../../src/query/types.ts";
import { sumLoad } from "../../../src/rebalance/inventory.ts";

const INTERVAL_MS = 10_000;

const targetOf = (shardId: number) => ({
  shardId,
  group: 1,
  min: shardId,
  max: shardId,
  shardKeys: "all" as const,
});

/** Notifies the meter of a search that took so long. */
function finish(
  meter: LoadMeter,
  elapsedMs: number,
  outcome: FinishedSearch["outcome"] = {} as SearchResult,
): void {
  const request = {} as SearchRequest;
  meter.observer.searchFinished({ request, context: {} as RequestContext, outcome, elapsedMs });
}

function meterWith(statements: readonly (readonly [elapsedMs: number, ...shards: number[]])[]) {
  const meter = createLoadMeter();
  const run = () => {
    for (const [elapsedMs, ...shards] of statements) {
      meter.observer.statementRun({
        group: 1,
        elapsedMs: elapsedMs + 5,
        waitedMs: 5,
        error: undefined,
        plans: shards.map((shardId) => ({ target: targetOf(shardId), strategy: "ann" })),
      });
    }
  };
  return { meter, run };
}

it("reports queries x milliseconds per second by shard, without the wait for a connection", () => {
  const { meter, run } = meterWith([
    [100, 1],
    [100, 1],
    [300, 2, 3],
  ]);
  run();
  expect(meter.report(INTERVAL_MS).load).toEqual({ 1: 20, 2: 15, 3: 15 });
});

it("reports the load of the last minutes, and drops idle shards", () => {
  const { meter, run } = meterWith([[1_000, 1]]);
  run();
  expect(meter.report(INTERVAL_MS).load).toEqual({ 1: 100 });
  expect(meter.report(INTERVAL_MS).load).toEqual({ 1: 80 });
  run();
  expect(meter.report(INTERVAL_MS).load).toEqual({ 1: 84 });
  for (let interval = 0; interval < 60; interval += 1) meter.report(INTERVAL_MS);
  expect(meter.report(INTERVAL_MS).load).toEqual({});
});

it("reports the 95th percentile of the searches of the interval, within a fifth", () => {
  const { meter } = meterWith([]);
  expect(meter.report(INTERVAL_MS).searchP95Ms).toBeUndefined();
  for (let count = 0; count < 94; count += 1) finish(meter, 2);
  for (let count = 0; count < 6; count += 1) finish(meter, 50);
  const { searchP95Ms = 0 } = meter.report(INTERVAL_MS);
  expect(searchP95Ms).toBeGreaterThanOrEqual(50);
  expect(searchP95Ms).toBeLessThan(60);
  expect(meter.report(INTERVAL_MS).searchP95Ms).toBeUndefined();
});

it("includes searches that ran out of time in the percentile, but not those that failed otherwise", () => {
  const { meter } = meterWith([]);
  const outcomes = [
    [800, new OrreryError("DEADLINE_EXCEEDED", "3 of 6 targets failed")],
    [0.2, new OrreryError("NODE_UNAVAILABLE", "connection refused")],
    [0.1, new Error("bug")],
  ] as const;
  for (const [elapsedMs, error] of outcomes) finish(meter, elapsedMs, { error });
  expect(meter.report(INTERVAL_MS).searchP95Ms).toBeGreaterThanOrEqual(800);
  for (const [elapsedMs, error] of outcomes.slice(1)) finish(meter, elapsedMs, { error });
  expect(meter.report(INTERVAL_MS).searchP95Ms).toBeUndefined();
  finish(meter, 2);
  expect(meter.report(INTERVAL_MS).searchP95Ms).toBeGreaterThanOrEqual(2);
});

it("sums the load of a cluster over its coordinators", () => {
  const total = sumLoad([{ load: { 1: 2, 2: 3 } }, {}, { load: { 2: 4 } }]);
  expect([...total]).toEqual([
    [1, 2],
    [2, 7],
  ]);
});
