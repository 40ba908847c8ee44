import { expect, it } from "vitest";
import { OrreryError } from "../../../src/errors.ts";
import type { Logger } from "../../../src/lib/logger.ts";
import type { FinishedSearch } from "../../../src/query/query-observer.ts";
import { createSlowSearchLog } from "../../../src/query/slow-search-log.ts";
import type { SearchRequest, SearchResult } from "../../../src/query/types.ts";

const REQUEST: SearchRequest = {
  collection: "memory_entries",
  scope: { kind: "namespaces", namespaces: Array.from({ length: 50 }, (_, n) => `n${n}`) },
  query: { kind: "vector", vector: Float32Array.of(0.123456, 0.654321) },
  topK: 10,
  params: { efSearch: 40 },
  allowPartial: false,
  include: { value: true, metadata: false, vector: true },
  includeProfile: false,
};
const TARGET = {
  shardId: 102_008,
  group: 2,
  strategy: "ann",
  reason: "index",
  quantization: "none",
  efSearch: 40,
  candidates: 10,
  scanned: 0,
  rows: 1,
  attempts: 1,
  rounds: 1,
  elapsedMs: 900,
  recallTarget: undefined,
  expectedRecall: undefined,
} as const;
const RESULT: SearchResult = {
  hits: [{ namespace: "n1", key: "secret-key", similarity: 0.9, vector: Float32Array.of(0.777777) }],
  completeness: { targetsTotal: 2, targetsOk: 2, failures: [] },
  epoch: 7,
  timings: { planMs: 1, queueMs: 5, scatterMs: 1300, mergeMs: 1, totalMs: 1302 },
  profile: [TARGET, { ...TARGET, shardId: 102_009, elapsedMs: 1250 }],
};

function create(afterMs: number | undefined) {
  const lines: { fields: Record<string, unknown>; message: string }[] = [];
  const logger: Logger = {
    debug() {},
    info() {},
    warn: (fields, message) => lines.push({ fields: { ...fields }, message }),
    error() {},
    child: () => logger,
  };
  const log = createSlowSearchLog({ afterMs, logger });
  const context = { signal: new AbortController().signal, requestId: "r-1" };
  return {
    lines,
    finished: (elapsedMs: number, outcome: FinishedSearch["outcome"] = RESULT) =>
      log.searchFinished({ request: REQUEST, context, outcome, elapsedMs }),
  };
}

it("logs a slow search with its id, plan and timings, slowest target first", () => {
  const { lines, finished } = create(1_000);
  finished(1_302);
  expect(lines).toMatchObject([
    {
      message: "slow search",
      fields: {
        requestId: "r-1",
        elapsedMs: 1_302,
        collection: "memory_entries",
        namespaces: { count: 50 },
        topK: 10,
        params: { efSearch: 40 },
        hits: 1,
        targets: 2,
        timings: { queueMs: 5, scatterMs: 1300 },
        plan: [{ shardId: 102_009 }, { shardId: 102_008 }],
      },
    },
  ]);
});

it("logs no vector, no key and no long list of namespaces", () => {
  const { lines, finished } = create(1_000);
  finished(1_302);
  const text = JSON.stringify(lines);
  expect(text).not.toMatch(/0\.1234|0\.6543|0\.7777|secret-key|n49/);
});

it("logs a slow search that failed with its code", () => {
  const { lines, finished } = create(1_000);
  finished(10_000, { error: new OrreryError("DEADLINE_EXCEEDED", "too late") });
  expect(lines[0]?.fields).toMatchObject({ error: "DEADLINE_EXCEEDED", elapsedMs: 10_000 });
});

it("logs no search below the limit, and none without a limit", () => {
  const fast = create(1_000);
  fast.finished(999);
  const off = create(undefined);
  off.finished(60_000);
  expect([...fast.lines, ...off.lines]).toEqual([]);
});
