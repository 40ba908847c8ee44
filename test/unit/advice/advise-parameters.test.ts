import { describe, expect, it } from "vitest";
import { adviseParameters } from "../../../src/advice/advise-parameters.ts";
import type {
  KnownCluster,
  KnownCollection,
  KnownShard,
  SearchSettings,
} from "../../../src/advice/known-cluster.ts";
import type { NodeMemory } from "../../../src/servers/node-memory.ts";

const MB = 2 ** 20;
const GB = 2 ** 30;

const COLLECTION: KnownCollection = {
  table: "memory_entries",
  dimension: 384,
  quantization: "none",
  hnsw: { m: 16, efConstruction: 64 },
};
const MEMORY: NodeMemory = {
  sharedBuffersBytes: 8 * GB,
  effectiveCacheBytes: 24 * GB,
  maintenanceWorkMemBytes: 8 * GB,
  parallelWorkers: 8,
  scanMemMultiplier: 1,
};
const SEARCHES: SearchSettings = { efSearch: 100, workMemBytes: 64 * MB, maxScanTuples: 100_000 };

/** Shards of COLLECTION on one node, of these rows; an index has 2 KB a row. */
const shardsOf = (...rows: readonly number[]): readonly KnownShard[] =>
  rows.map((count, at) => ({
    table: "memory_entries",
    name: `shard ${at}`,
    node: "a:1",
    rows: count,
    indexBytes: 2_000 * count,
  }));

interface Change {
  readonly collection?: Partial<KnownCollection>;
  readonly memory?: Partial<NodeMemory>;
  readonly searches?: Partial<SearchSettings>;
  readonly shards?: readonly KnownShard[];
  readonly indexWorkers?: number;
  readonly shardsMove?: boolean;
}
const cluster = ({
  collection,
  memory,
  searches,
  shards,
  indexWorkers = 0,
  shardsMove = true,
}: Change): KnownCluster => ({
  collections: [{ ...COLLECTION, ...collection }],
  nodes: [{ name: "a:1", memory: { ...MEMORY, ...memory } }],
  shards: shards ?? shardsOf(300_000, 300_000, 300_000, 300_000),
  searches: { ...SEARCHES, ...searches },
  indexWorkers,
  shardsMove,
});
/** As `parameter: advised`. */
const advised = (change: Change) =>
  adviseParameters(cluster(change)).map(({ parameter, advised: value }) => `${parameter}: ${value}`);

it("gives no advice on settings that suit the data", () => {
  expect(advised({})).toEqual([]);
});

it("gives no advice on a collection that is empty or missing", () => {
  const poor = { m: 2, efConstruction: 4 };
  const memory = { sharedBuffersBytes: 1, effectiveCacheBytes: 1, maintenanceWorkMemBytes: 1 };
  const empty = shardsOf(0, 0, 0, 0).map((shard) => ({ ...shard, indexBytes: 0 }));
  expect(advised({ collection: { hnsw: poor }, memory, shards: empty })).toEqual([]);
  expect(adviseParameters({ ...cluster({}), collections: [], shards: [] })).toEqual([]);
});

it("advises nothing that an engine with a fixed placement cannot do", () => {
  const everything: Change = {
    collection: { hnsw: { m: 16, efConstruction: 64 } },
    memory: { sharedBuffersBytes: MB, effectiveCacheBytes: MB, maintenanceWorkMemBytes: MB },
    shards: shardsOf(3_500_000, 300_000),
  };
  const reasons = (shardsMove: boolean) =>
    adviseParameters(cluster({ ...everything, shardsMove })).map(({ reason }) => reason);
  const placing = /split|move|add nodes/;
  expect(reasons(true).filter((reason) => placing.test(reason)).length).toBeGreaterThan(3);
  expect(reasons(false)).toHaveLength(reasons(true).length);
  expect(reasons(false).filter((reason) => placing.test(reason))).toEqual([]);
  expect(reasons(false).filter((reason) => /create a collection with more shards/.test(reason))).toHaveLength(
    2,
  );
});

describe("of a collection", () => {
  const hnsw = (m: number, efConstruction: number) => ({ collection: { hnsw: { m, efConstruction } } });
  const million = shardsOf(1_200_000, 1_200_000, 1_200_000, 1_200_000);

  it.each<[string, Change, readonly string[]]>([
    ["too few shards", { shards: shardsOf(300_000, 300_000) }, ["shard_count: 4"]],
    [
      "a shard that is too large",
      { shards: shardsOf(3_500_000, 1, 1, 1), collection: { hnsw: { m: 16, efConstruction: 128 } } },
      ["shard_size: 3,000,000 rows at most"],
    ],
    ["few links", hnsw(8, 64), ["m: 16"]],
    ["very many links", hnsw(80, 320), ["m: 64"]],
    ["too few candidates for its links", hnsw(32, 64), ["ef_construction: 128"]],
    ["too few candidates for its size", { ...hnsw(16, 64), shards: million }, ["ef_construction: 128"]],
    ["enough candidates for its size", { ...hnsw(16, 128), shards: million }, []],
    ["searches that look at little", { searches: { efSearch: 30 } }, ["ef_search: 40"]],
    ["a size and dimension at which 40 is enough", { searches: { efSearch: 40 } }, []],
    [
      "a size and dimension at which it is not",
      {
        collection: { dimension: 1_536, hnsw: { m: 16, efConstruction: 128 } },
        searches: { efSearch: 40 },
        shards: million,
        memory: { maintenanceWorkMemBytes: 16 * GB, sharedBuffersBytes: 16 * GB },
      },
      ["ef_search: 80"],
    ],
    [
      "bits of few dimensions",
      { collection: { dimension: 128, quantization: "binary" } },
      ["quantization: half"],
    ],
  ])("advises on a collection: %s", (_, change, expected) => {
    const advice = advised({ memory: { sharedBuffersBytes: 64 * GB }, ...change });
    expect(advice).toEqual(expected);
  });

  it.each<[Partial<KnownCollection>, readonly string[]]>([
    [{ quantization: "none" }, ["quantization: half"]],
    [{ quantization: "half", dimension: 768 }, ["quantization: binary"]],
    [{ quantization: "half", dimension: 384 }, []],
    [{ quantization: "binary", dimension: 768 }, []],
  ])(
    "advises on quantization when indexes are larger than the memory of a node: %j",
    (collection, expected) => {
      expect(advised({ collection, memory: { effectiveCacheBytes: 2 * GB } })).toEqual(expected);
    },
  );
});

describe("of a node", () => {
  it("advises larger buffers when the indexes of a node do not fit", () => {
    expect(advised({ memory: { sharedBuffersBytes: 2 * GB } })).toEqual(["shared_buffers: 2289MB"]);
  });

  it("advises memory for the graph of the largest shard, as pgvector measures it", () => {
    // pgvector 0.8: `no longer fits into maintenance_work_mem after 1809 tuples` with 4 MB, m 16, 384
    // dimensions.
    const fits = (rows: number, of: Partial<KnownCollection>, bytes: number) =>
      advised({
        collection: of,
        memory: { maintenanceWorkMemBytes: bytes },
        shards: shardsOf(rows, 0, 0, 0),
      }).length === 0;
    const cases: readonly (readonly [rows: number, of: Partial<KnownCollection>])[] = [
      [1_809, {}],
      [1_484, { hnsw: { m: 32, efConstruction: 128 } }],
      [2_710, { quantization: "half" }],
      [5_059, { quantization: "binary" }],
      [3_549, { dimension: 100 }],
    ];
    for (const [rows, of] of cases) {
      expect(fits(rows * 10 * 1.01, of, 40 * MB), JSON.stringify(of)).toBe(false);
      expect(fits(rows * 10 * 0.98, of, 40 * MB), JSON.stringify(of)).toBe(true);
    }
  });

  it("gives no advice on building small indexes", () => {
    const small = shardsOf(9_000, 9_000, 9_000, 9_000);
    expect(
      advised({
        memory: { maintenanceWorkMemBytes: MB, parallelWorkers: 0 },
        indexWorkers: 1,
        shards: small,
      }),
    ).toEqual([]);
  });

  it("advises as many parallel workers as moves ask for", () => {
    expect(advised({ memory: { parallelWorkers: 0 }, indexWorkers: 0 })).toEqual([]);
    expect(advised({ memory: { parallelWorkers: 4 }, indexWorkers: 4 })).toEqual([]);
    expect(advised({ memory: { parallelWorkers: 3 }, indexWorkers: 4 })).toEqual(["max_parallel_workers: 4"]);
  });

  it("advises memory for scans that it would end before their limit on rows", () => {
    const searches = { workMemBytes: 4 * MB };
    expect(advised({ searches })).toEqual(["work_mem: 24MB"]);
    expect(advised({ searches, memory: { scanMemMultiplier: 8 } })).toEqual([]);
    expect(advised({ searches, shards: shardsOf(10_000, 10_000, 10_000, 10_000) })).toEqual([]);
  });

  it("gives the present value and the reason with each advice", () => {
    const [advice] = adviseParameters(cluster({ memory: { maintenanceWorkMemBytes: 64 * MB } }));
    expect(advice).toMatchObject({
      of: "node",
      node: "a:1",
      present: "64MB",
      advised: "664MB",
      reason: expect.stringContaining("the graph of shard 0 takes that"),
    });
  });
});

describe("a denser graph", () => {
  const links = (change: Change) => advised(change).filter((advice) => advice.startsWith("m:"));
  const used = (scans: number, writes: number, rows = 80_000) =>
    shardsOf(rows).map((shard) => ({ ...shard, use: { scans, writes } }));

  it("is advised for shards of more than 50,000 rows that are searched a hundred times as often as written", () => {
    expect(links({ shards: used(8_000_000, 80_000) })).toEqual(["m: 24"]);
    expect(links({ shards: used(7_000_000, 80_000) })).toEqual([]);
    expect(links({ shards: used(8_000_000, 80_000, 50_000) })).toEqual([]);
    expect(links({ shards: shardsOf(80_000) })).toEqual([]);
  });

  it("is not advised where there is one, and is said to cost time to build", () => {
    const shards = used(9_000_000, 80_000);
    expect(links({ shards, collection: { hnsw: { m: 24, efConstruction: 150 } } })).toEqual([]);
    const advice = adviseParameters(cluster({ shards })).find(({ parameter }) => parameter === "m");
    expect(advice?.reason).toMatch(
      /ef_construction 150.*orrery shards reindex can shard 0.*2\.5 times as long/,
    );
  });
});
