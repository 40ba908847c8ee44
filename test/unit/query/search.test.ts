/** Searches of all shards against the best of all records, whatever the statistics say of the shards. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OrreryError } from "../../../src/errors.ts";
import { NOOP } from "../../../src/metrics/noop.ts";
import { compareHits, mergeHits } from "../../../src/query/merge.ts";
import { createSearch } from "../../../src/query/search.ts";
import { NO_SAMPLER } from "../../../src/query/shard-sampler.ts";
import type { Hit, SearchRequest, SearchResult } from "../../../src/query/types.ts";
import { failedResult, type NodeRunner } from "../../../src/shards/node-driver.ts";
import { createReadStatements } from "../../../src/shards/read-statements.ts";
import type { SearchInput } from "../../../src/shards/sql/search.ts";
import type { Row, Statement } from "../../../src/shards/statement.ts";
import { collectionCutAt } from "./cut-ring.ts";
import { indexKnowledge } from "./knowledge.ts";
import { MemoryCluster } from "./refusing-nodes.ts";

const SHARDS = 8;
const collection = collectionCutAt(Array.from({ length: SHARDS - 1 }, (_, i) => i * 1000));
const shardIds = collection.shards.map(({ id }) => id);

interface Asked {
  readonly shardId: number;
  readonly limit: number;
  readonly strategy: "ann" | "exact";
  readonly efSearch: number;
}

type Fail = (asked: readonly Asked[]) => OrreryError | undefined;

interface Given {
  /** Similarities of the records of each shard. */
  readonly records: readonly (readonly number[])[];
  /** What the statistics say of each shard; wrong more often than not. */
  readonly estimates: readonly (number | undefined)[];
  readonly topK: number;
  readonly minSimilarity?: number;
  /** Rows at which an index stops, whatever it is asked for. */
  readonly indexEnds?: number;
  /**
   * Batches in which an index returns the records of each shard, one after another. Within a batch the
   * nearest comes first, but a later batch may hold nearer ones, as iterative scans find them where the first
   * consisted of rows that were deleted.
   */
  readonly batches?: readonly (readonly number[])[];
  readonly quantization?: "binary";
}

/** Nodes that answer for their records, unless `fail` gives an error. */
function createNodes(given: Given, fail: Fail) {
  const { records, indexEnds = 1000 } = given;
  const asked: Asked[][] = [];
  const nodes: NodeRunner = {
    async runOn(_group, { text }) {
      const branches = JSON.parse(text) as Asked[];
      asked.push(branches);
      const error = fail(branches);
      if (error !== undefined) return failedResult(error, 0);
      const rows = branches.flatMap(({ shardId, limit, strategy }, branch) => {
        const found =
          strategy === "ann"
            ? inIndexOrder(shardId, given).slice(0, Math.min(limit, indexEnds))
            : hitsOf(shardId, records).sort(compareHits).slice(0, limit);
        return found.map(
          ({ similarity, namespace, key }): Row => [branch, 1 - similarity, namespace, key, 0],
        );
      });
      return { rows, waitedMs: 0, error: undefined };
    },
  };
  return { nodes, asked };
}

function hitsOf(shardId: number, records: Given["records"]): Hit[] {
  const similarities = records[shardIds.indexOf(shardId)] ?? [];
  return similarities.map((similarity, i) => ({ similarity, namespace: `ns-${shardId}`, key: `k${i}` }));
}

/** The batch of a hit in the index of its shard. */
function batchOf({ namespace, key }: Hit, { batches }: Given): number {
  const shard = shardIds.findIndex((id) => namespace === `ns-${id}`);
  return batches?.[shard]?.[Number(key.slice(1))] ?? 0;
}

function inIndexOrder(shardId: number, given: Given): Hit[] {
  return hitsOf(shardId, given.records).sort(
    (a, b) => batchOf(a, given) - batchOf(b, given) || compareHits(a, b),
  );
}

const statementOf = ({ branches }: SearchInput): Statement => ({
  text: JSON.stringify(
    branches.map(({ shardId, limit, strategy, efSearch }) => ({ shardId, limit, strategy, efSearch })),
  ),
  values: [],
  prepare: false,
});

async function search(given: Given, { allowPartial = false, fail = (() => undefined) as Fail } = {}) {
  const { nodes, asked } = createNodes(given, fail);
  const { quantization = "none" } = given;
  const again: string[] = [];
  const estimates = {
    shardRows: (_: unknown, shard: number) => given.estimates[shardIds.indexOf(shard)],
    shardKeyRows: () => undefined,
  };
  const run = createSearch(
    {
      topology: new MemoryCluster([1, 2, 3, 4], { ...collection, quantization }),
      nodes,
      observer: { ...NOOP.query, secondRound: (reason) => again.push(reason) },
      branchesPerStatement: 64,
      sampler: NO_SAMPLER,
      random: () => 0,
      monotonicMs: () => performance.now(),
      statements: { ...createReadStatements(), searchStatement: statementOf },
      relations: { readRelation: () => "r" },
      estimates,
      knowledge: indexKnowledge(estimates),
      limits: { exactMaxRows: 5, efSearch: 100, branchesPerStatement: 64, exactCountMaxRows: 1 },
      inlineBytes: 1000,
    },
    async () => [],
  );
  const request: SearchRequest = {
    collection: "words",
    scope: { kind: "all" },
    query: { kind: "vector", vector: Float32Array.of(1, 0, 0) },
    topK: given.topK,
    params: { efSearch: 100 },
    allowPartial,
    include: { value: false, metadata: false, vector: false },
    includeProfile: true,
    ...(given.minSimilarity === undefined ? {} : { minSimilarity: given.minSimilarity }),
  };
  const result = await run(request, { signal: new AbortController().signal, requestId: "r" });
  return { result, asked, again };
}

const best = ({ records, ...options }: Given) =>
  mergeHits(
    shardIds.flatMap((id) => hitsOf(id, records)),
    options,
  );

const names = ({ hits }: Pick<SearchResult, "hits">) =>
  hits.map(({ namespace, key }) => `${namespace} ${key}`);

/** Few values, so that many are equal; shards from empty to holding all of the best. */
const anySimilarity = fc.integer({ min: -4, max: 4 }).map((quarters) => quarters / 4);
const anyGiven: fc.Arbitrary<Given> = fc.record(
  {
    records: fc.array(fc.array(anySimilarity, { maxLength: 40 }), { minLength: SHARDS, maxLength: SHARDS }),
    estimates: fc.array(fc.option(fc.nat({ max: 100 }), { nil: undefined }), {
      minLength: SHARDS,
      maxLength: SHARDS,
    }),
    topK: fc.integer({ min: 1, max: 60 }),
    minSimilarity: anySimilarity,
    indexEnds: fc.integer({ min: 0, max: 60 }),
  },
  { requiredKeys: ["records", "estimates", "topK"] },
);

const anyDisordered: fc.Arbitrary<Given> = fc.record({
  records: fc.array(
    fc.array(
      fc.nat({ max: 1000 }).map((n) => n / 1000),
      { maxLength: 40 },
    ),
    {
      minLength: SHARDS,
      maxLength: SHARDS,
    },
  ),
  estimates: fc.array(fc.nat({ max: 100 }), { minLength: SHARDS, maxLength: SHARDS }),
  topK: fc.integer({ min: 1, max: 60 }),
  batches: fc.array(fc.array(fc.nat({ max: 2 }), { minLength: 40, maxLength: 40 }), {
    minLength: SHARDS,
    maxLength: SHARDS,
  }),
});

const even = Array.from({ length: SHARDS }, () => 1000);
const spread = even.map((_, shard) => Array.from({ length: 30 }, (_, i) => 1 - (i * SHARDS + shard) / 1000));
const inOneShard = even.map((_, shard) =>
  Array.from({ length: 30 }, (_, i) => (shard === 3 ? 0.9 : 0.1) - i / 1000),
);

describe("a search of all shards", () => {
  it("finds the same hits as asking every shard for top_k rows, however wrong the statistics are", async () => {
    await fc.assert(
      fc.asyncProperty(anyGiven, async (given) => {
        const { result, asked } = await search(given);
        const expected = best(given);
        expect(names(result)).toEqual(names({ hits: expected }));
        for (const { similarity, key, namespace } of expected)
          expect(
            result.hits.find((hit) => hit.key === key && hit.namespace === namespace)?.similarity,
          ).toBeCloseTo(similarity, 12);
        for (const { limit } of asked.flat()) expect(limit).toBeLessThanOrEqual(given.topK);
      }),
      { numRuns: 500 },
    );
  });

  it("misses a record that asking every shard for top_k rows finds only in batches that no scan had begun", async () => {
    await fc.assert(
      fc.asyncProperty(anyDisordered, async (given) => {
        const { result, asked } = await search(given);
        const whole = await search({ ...given, estimates: given.estimates.map(() => undefined) });
        const last = result.hits[given.topK - 1];
        const found = new Set(names(result));
        for (const hit of whole.result.hits) {
          const [name] = names({ hits: [hit] }) as [string];
          if (found.has(name) || (last !== undefined && compareHits(last, hit) < 0)) continue;
          const shardId = Number(hit.namespace.slice("ns-".length));
          const { limit } = asked.flat().find((branch) => branch.shardId === shardId) as Asked;
          const scanned = inIndexOrder(shardId, given).slice(0, limit);
          expect(batchOf(hit, given)).toBeGreaterThan(
            Math.max(...scanned.map((other) => batchOf(other, given))),
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  it("asks a shard for top_k rows when its index returned rows out of order", async () => {
    // 0.5 is found late, in a second batch, and so is 0.45, which the first seven rows hide.
    const scattered = [0.9, 0.8, 0.7, 0.3, 0.25, 0.2, 0.15, 0.1, 0.5, 0.45];
    const records = even.map((_, shard) => (shard === 3 ? scattered : Array.from({ length: 30 }, () => 0.4)));
    const batches = even.map(() => scattered.map((_, i) => (i < 8 ? 0 : 1)));
    const { result, again } = await search({ records, batches, estimates: even, topK: 20 });
    expect(names(result)).toContain(`ns-${shardIds[3]} k9`);
    expect(again).toContain("undersampled");
  });

  it("undersamples many shards, in one round, where the best hits are spread over them", async () => {
    const given = { records: spread, estimates: even, topK: 20 };
    const { result, asked, again } = await search(given);
    expect(names(result)).toEqual(names({ hits: best(given) }));
    expect(asked.flat()).toMatchObject(even.map(() => ({ limit: 9, efSearch: 68 })));
    expect(result.profile).toMatchObject(even.map(() => ({ efSearch: 68 })));
    expect(again).toEqual([]);
  });

  it("asks only the shard that holds all of the best hits in a second round", async () => {
    const given = { records: inOneShard, estimates: even, topK: 20 };
    const { result, asked, again } = await search(given);
    expect(names(result)).toEqual(names({ hits: best(given) }));
    const shardId = shardIds[3] as number;
    expect(asked.slice(4)).toEqual([[{ shardId, limit: 20, strategy: "ann", efSearch: 100 }]]);
    expect(again).toEqual(["undersampled"]);
    expect(result.profile.filter(({ rounds }) => rounds === 2)).toMatchObject([
      { shardId, rows: 20, efSearch: 100 },
    ]);
    expect(result.completeness).toEqual({ targetsTotal: SHARDS, targetsOk: SHARDS, failures: [] });
  });

  it("takes all candidates from lossy indexes when it undersamples", async () => {
    const given = { records: spread, estimates: even, topK: 20, quantization: "binary" } as const;
    const { asked } = await search(given);
    expect(asked.flat()).toMatchObject(even.map(() => ({ limit: 9, efSearch: 160 })));
  });

  it("needs no second round for hits below min_similarity", async () => {
    const records = inOneShard.map((shard) => shard.map((similarity) => similarity - 0.5));
    const { result, again } = await search({ records, estimates: even, topK: 20, minSimilarity: 0.3955 });
    expect(result.hits).toHaveLength(5);
    expect(again).toEqual([]);
  });

  it.each(["undersampled", "short"])(
    "reports the shard whose second round (%s) failed, and keeps its rows of the first",
    async (reason) => {
      const given = {
        records: inOneShard,
        estimates: even,
        topK: 20,
        ...(reason === "short" ? { indexEnds: 4 } : {}),
      };
      const shardId = shardIds[3] as number;
      const fail = (branches: readonly Asked[]) => {
        const again = branches.some((branch) => branch.shardId === shardId && branch.limit === 20);
        return again ? new OrreryError("DEADLINE_EXCEEDED", "too late") : undefined;
      };
      await expect(search(given, { fail })).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
      const { result } = await search(given, { fail, allowPartial: true });
      expect(result.completeness).toMatchObject({ targetsTotal: SHARDS });
      expect(result.completeness.failures.map((failure) => failure.shardId)).toContain(shardId);
      expect(names(result).filter((name) => name.startsWith(`ns-${shardId} `))).toHaveLength(
        reason === "short" ? 4 : 9,
      );
    },
  );
});
