import { expect, it } from "vitest";
import { createRecallSampler } from "../../../../src/collectors/recall/sample-recall.ts";
import { comparableVector } from "../../../../src/query/plan/comparable-vector.ts";
import type { FoundRow } from "../../../../src/shards/sql/search.ts";
import type { Collection, ShardMap } from "../../../../src/topology/shard-map.ts";
import { sampleContext } from "../sample-context.ts";

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

interface Started {
  readonly stored?: readonly (readonly number[])[];
  /** What a search finds. */
  readonly similarities?: (text: string) => readonly number[];
  /** Whether searches compare all records. */
  readonly isExact?: boolean;
}

/** Samples MAP on a node where each statement takes `elapsed(text)`. */
function start(
  elapsed: (text: string) => number,
  {
    stored = Array.from({ length: 5 }, () => [1, 2, 3]),
    similarities = () => [1],
    isExact = false,
  }: Started = {},
) {
  const state = {
    nowMs: 0,
    statements: 0,
    stuck: [] as number[],
    low: [] as number[],
    moved: [] as number[],
  };
  const sampler = createRecallSampler({
    nodes: {
      async run(_, { text }) {
        const ms = elapsed(text);
        state.nowMs += Math.min(ms, NODE_TIMEOUT_MS);
        state.statements += 1;
        // A node that answers too late is a node that returns nothing.
        if (ms > NODE_TIMEOUT_MS) return [];
        if (text.includes("TABLESAMPLE")) return stored.map((vector) => [Float32Array.from(vector)]);
        return similarities(text).map((similarity) => [similarity]);
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
      decodeFound: ([similarity]) => ({ key: "k", namespace: "n", similarity, branch: 0 }) as FoundRow,
    },
    parametersOf: ({ collection }, vector) => ({
      vector: comparableVector(vector, collection, "vector"),
      candidates: 10,
      efSearch: 100,
      exact: isExact,
    }),
    moveVector: (vector, similarity) => {
      state.moved.push(similarity);
      return vector;
    },
    targetOf: () => 0.95,
    foundLow: ({ id }) => state.low.push(id),
    foundStuck: ({ shard }) => state.stuck.push(shard.id),
    random: () => 0,
    budgetMs: BUDGET_MS,
    monotonicMs: () => state.nowMs,
  });
  const context = sampleContext([], { nodeTimeoutMs: NODE_TIMEOUT_MS });
  return { sample: () => sampler(context), state };
}

it("ends a sample of large shards within its budget with what it has, and continues in the next one", async () => {
  const { sample, state } = start((text) => (text.startsWith("exact") ? 4_500 : 10));
  const estimates = await sample();
  expect(state.nowMs).toBeLessThan(BUDGET_MS);
  expect([...estimates.keys()]).toEqual(["c_1", "c_2", "c_3"]);
  const before = state.nowMs;
  expect([...(await sample()).keys()]).toEqual(["c_1", "c_2", "c_3", "c_4"]);
  expect(state.nowMs - before).toBeLessThan(BUDGET_MS);
});

it("tries a shard that cannot be scanned in time once in a sample, and still measures the others", async () => {
  const { sample, state } = start((text) => (text.startsWith("exact c_1_") ? 60_000 : 10));
  expect([...(await sample()).keys()]).toEqual(["c_2", "c_3", "c_4"]);
  // The vectors and two scans of the first shard, and everything of the others.
  expect(state.statements).toBe(3 + 3 * 16);
});

it("measures with the stored vectors that have a direction", async () => {
  const { sample, state } = start(() => 10, {
    stored: [
      [0, 0, 0],
      [3e4, 0, 0],
      [0, 0, 0],
    ],
  });
  expect([...(await sample()).values()]).toEqual([1, 1, 1, 1]);
  // For each shard the vectors, and three searches by the one that has a direction.
  expect(state.statements).toBe(4 * 4);
});

it("reports once each shard whose index is stuck among equal vectors", async () => {
  const { sample, state } = start(() => 10, {
    similarities: (text) => {
      if (text.startsWith("exact")) return [0.9, 0.8, 0.5, 0.5];
      // The third shard finds other records, the fourth the nearest among those that are equal.
      return text.includes("c_3") ? [0.5, 0.4, 0.3] : text.includes("c_4") ? [0.9, 0.9] : [0.5, 0.5, 0.5];
    },
  });
  await sample();
  await sample();
  expect(state.stuck).toEqual([101, 102]);
});

it("searches by vectors that are moved from their places, by how far the nearest other record is", async () => {
  const { sample, state } = start(() => 10, { similarities: () => [0.7, 0.6] });
  await sample();
  expect(new Set(state.moved)).toEqual(new Set([0.7]));
  expect(state.moved).toHaveLength(20);
});

it("says after five samples that a collection's recall is below what its searches want", async () => {
  const half = (text: string) =>
    text.startsWith("exact") ? [0.9, 0.8] : text.includes("c_2") ? [0.9, 0.1] : [0.9, 0.8];
  const { sample, state } = start(() => 10, { similarities: half });
  for (let samples = 0; samples < 4; samples += 1) await sample();
  expect(state.low).toEqual([]);
  const estimates = await sample();
  expect(state.low).toEqual([2]);
  expect(estimates.get("c_2")).toBe(0.5);
});

it("takes searches that compare all records for what they are", async () => {
  const { sample } = start(() => 10, {
    similarities: (text) => (text.startsWith("exact") ? [0.9] : [0.1]),
    isExact: true,
  });
  expect([...(await sample()).values()]).toEqual([1, 1, 1, 1]);
});
