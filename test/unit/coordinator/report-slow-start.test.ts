import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { reportSlowStart } from "../../../src/coordinator/report-slow-start.ts";
import { silentLogger } from "../../support/silent-logger.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("a start that takes three seconds says every three seconds what it does, and nothing after its end", () => {
  const said: object[] = [];
  const report = reportSlowStart({ ...silentLogger, info: (fields) => said.push(fields) });
  report.step("opening the databases");
  vi.advanceTimersByTime(2_999);
  expect(said).toEqual([]);
  vi.advanceTimersByTime(1);
  report.step("reading the shard map");
  vi.advanceTimersByTime(3_000);
  report.end();
  vi.advanceTimersByTime(10_000);
  expect(said).toEqual([{ step: "opening the databases" }, { step: "reading the shard map" }]);
});
