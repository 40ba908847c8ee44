import { expect, it } from "vitest";
import type { VectorIndex } from "../../../src/engines/placement-changes.ts";
import type { ChangeRequest } from "../../../src/operations/change-request.ts";
import type { ClusterAdminApi } from "../../../src/operations/cluster-admin-api.ts";
import { createIndexUpkeep, type IndexUpkeepDeps } from "../../../src/operations/index-upkeep.ts";
import type { Operation } from "../../../src/operations/types.ts";
import type { Catalog, Collection } from "../../../src/topology/shard-map.ts";
import { silentLogger } from "../../support/silent-logger.ts";
import { waitFor } from "../../support/wait-for.ts";

const NOON = 12 * 3_600_000;
const OWN = { m: 24, efConstruction: 150 };
const COMMON = { m: 16, efConstruction: 64 };

const collection = (settings: Collection["settings"] = {}): Collection => ({
  id: 1,
  name: "c",
  table: "c_1",
  dimension: 3,
  metric: "cosine",
  quantization: "none",
  hnsw: COMMON,
  settings,
  shards: [
    { id: 7, min: -(2 ** 31), max: -1, group: 1 },
    { id: 8, min: 0, max: 2 ** 31 - 1, group: 1 },
  ],
});

const index = (changed: Partial<VectorIndex>): VectorIndex => ({
  name: "i",
  build: "1",
  graph: COMMON,
  unfinished: [],
  marks: [],
  otherBuilds: 0,
  maintenanceBytes: 2 ** 26,
  ...changed,
});

interface Known {
  readonly settings?: Collection["settings"];
  readonly present?: VectorIndex;
  readonly bloat?: readonly (readonly [shard: number, bloat: number])[];
  readonly window?: string;
  readonly unfinished?: readonly Partial<Operation>[];
}

/** The shards whose indexes the leader has built in a few rounds, with who asked. */
async function begun({ settings, present = index({}), bloat = [], window, unfinished = [] }: Known) {
  const asked: { readonly shard: unknown; readonly by: string }[] = [];
  const catalog: Catalog = {
    clusterId: "x",
    nodes: [{ id: 1, group: 1, name: "n:1", role: "primary" }],
    collections: [collection(settings)],
  };
  let rounds = 0;
  const admin = {
    async begin(_: unknown, { shard }: { readonly shard: number }, { requestedBy }: ChangeRequest) {
      asked.push({ shard, by: requestedBy });
      return { id: "o" } as Operation;
    },
  } as unknown as ClusterAdminApi;
  const deps: IndexUpkeepDeps = {
    changes: {
      readCatalog: async () => {
        rounds += 1;
        return catalog;
      },
      vectorIndex: async () => present,
    },
    relations: { readRelation: (_, shard) => `"s"."t_${shard}"` },
    admin,
    operations: { list: async () => ({ operations: unfinished as readonly Operation[], unreadable: [] }) },
    bloat: () => new Map(bloat),
    settings: { window, leastBloat: 1.5 },
    intervalMs: 1,
    logger: silentLogger,
    epochMs: () => NOON,
    monotonicMs: () => 0,
  };
  const over = new AbortController();
  const running = createIndexUpkeep(deps)({ leadership: {} as never, term: 1, signal: over.signal });
  await waitFor(async () => rounds > 3, { what: "some rounds" });
  over.abort();
  await running;
  return asked;
}

const graphs = { graphs: { "7": OWN } };

it("a shard that came from a move without its own graph gets it, as long as nothing else is done to it", async () => {
  const [first] = await begun({ settings: graphs });
  expect(first).toEqual({ shard: 7, by: "index upkeep" });
  expect(await begun({ settings: graphs, present: index({ graph: OWN }) })).toEqual([]);
  expect(await begun({ settings: graphs, present: index({ marks: ["building"] }) })).toEqual([]);
  const move: Partial<Operation> = { kind: "move_shard", state: "running", arguments: { shard: 7 } };
  expect(await begun({ settings: graphs, unfinished: [move] })).toEqual([]);
});

it("recorded graphs of shards that are gone are nobody's", async () => {
  expect(await begun({ settings: { graphs: { "99": OWN } } })).toEqual([]);
});

it("without a window no index is built for its growth", async () => {
  expect(await begun({ bloat: [[7, 9]] })).toEqual([]);
});

it("in the window the index that has grown most is built first, each once", async () => {
  const grown: Known["bloat"] = [
    [7, 1.6],
    [8, 2],
    [99, 5],
  ];
  expect((await begun({ bloat: grown, window: "11:00-13:00" })).map(({ shard }) => shard)).toEqual([8, 7]);
  expect(await begun({ bloat: grown, window: "13:00-14:00" })).toEqual([]);
  expect(await begun({ bloat: [[7, 1.4]], window: "11:00-13:00" })).toEqual([]);
});

it("in the window one index is built at a time", async () => {
  const build: Partial<Operation> = { kind: "reindex_shard", state: "running", arguments: { shard: 8 } };
  expect(await begun({ bloat: [[7, 2]], window: "11:00-13:00", unfinished: [build] })).toEqual([]);
});
