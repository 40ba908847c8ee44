import { expect, test } from "vitest";
import { createRecallCollector } from "../../../src/collectors/recall/collect-recall.ts";
import type { OrreryError } from "../../../src/errors.ts";
import type { FoundRow } from "../../../src/shards/sql/search.ts";
import type { Collection, ShardMap } from "../../../src/topology/shard-map.ts";

const NODE_TIMEOUT_MS = 5_000;
const BUDGET_MS = 60_000;

const collection = (id: number): Collection => ({
  id,
  name: `c${id}`,
  table: `c_${id}`,
  dimension: 3,
  metric: "cosine",
  quantization: "none",
  hnsw: { m: 16, efConstruction: 64 },
  shards: [{ id: 100 + id, min: -(2 ** 31), max: 2 ** 31 - 1, group: 1 }],
});
const MAP: ShardMap = {
  epoch: 1,
  clusterId: "c",
  nodes: [{ id: 1, group: 1, name: "a:1", role: "primary" }],
  collections: [1, 2, 3, 4].map(collection),
};

/** Looks at MAP on a node where each statement takes `elapsed(text)`. */
function collector(elapsed: (text: string) => number) {
  const state = { nowMs: 0, statements: 0 };
  const failures: string[] = [];
  const look = createRecallCollector({
    nodes: {
      async ask(_, { text }) {
        const ms = elapsed(text);
        state.nowMs += Math.min(ms, NODE_TIMEOUT_MS);
        state.statements += 1;
        // A node that answers too late is one that gives nothing.
        if (ms > NODE_TIMEOUT_MS) return [];
        return text.includes("TABLESAMPLE") ? Array.from({ length: 5 }, () => [new Float32Array(3)]) : [[1]];
      },
    },
    map: () => MAP,
    relationOf: ({ table }, shard) => `${table}_${shard}`,
    statements: {
      searchStatement: ({ branches }) => ({
        text: `${branches[0]?.strategy} ${branches[0]?.relation}`,
        values: [],
        prepare: false,
      }),
      decodeFound: () => ({ key: "k", namespace: "n", similarity: 1, branch: 0 }) as FoundRow,
    },
    parametersOf: () => ({ candidates: 10, efSearch: 100 }),
    random: () => 0,
    budgetMs: BUDGET_MS,
    monotonicMs: () => state.nowMs,
  });
  const signal = new AbortController().signal;
  const failed = (error: OrreryError) => failures.push(error.code);
  return {
    look: () => look({ signal, nodeTimeoutMs: NODE_TIMEOUT_MS, failed, asked: () => () => {} }),
    state,
  };
}

test("a look over large shards ends within its budget with what it has, and the next one goes on", async () => {
  const { look, state } = collector((text) => (text.startsWith("exact") ? 4_500 : 10));
  const seen = await look();
  expect(state.nowMs).toBeLessThan(BUDGET_MS);
  expect([...seen.keys()]).toEqual(["c_1", "c_2", "c_3"]);
  const before = state.nowMs;
  expect([...(await look()).keys()]).toEqual(["c_1", "c_2", "c_3", "c_4"]);
  expect(state.nowMs - before).toBeLessThan(BUDGET_MS);
});

test("a shard that cannot be read in time is tried once in a look, and hides no other", async () => {
  const { look, state } = collector((text) => (text.startsWith("exact c_1_") ? 60_000 : 10));
  expect([...(await look()).keys()]).toEqual(["c_2", "c_3", "c_4"]);
  // One sample and one try of the first, and all of the others.
  expect(state.statements).toBe(2 + 3 * 11);
});
