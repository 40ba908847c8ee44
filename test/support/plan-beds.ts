/** Nodes of each engine for tests of plans, with sessions as coordinators have them. */

import type { CollectionSpec, Engine } from "../../src/engines/engine.ts";
import { createFixedEngine } from "../../src/engines/fixed/fixed-engine.ts";
import { FixedNodes } from "../../src/engines/fixed/nodes.ts";
import { type NodeDriver, rowsOrThrow } from "../../src/shards/node-driver.ts";
import { startPgliteNode } from "../../src/shards/pglite/pglite-driver.ts";
import { PLANNER_SETTINGS } from "../../src/shards/planner-settings.ts";
import type { PlannedShard } from "../../src/shards/sql/plan-check.ts";
import { startCitusCluster } from "./citus-cluster.ts";
import { openDriver } from "./driver-fixture.ts";
import { startPostgres } from "./postgres-server.ts";
import { startStack } from "./stack.ts";
import type { PlanBed } from "./suites/search-plans.ts";
import { unshared } from "./unshared.ts";

const FIRST: CollectionSpec = {
  name: "first",
  dimension: 3,
  metric: "cosine",
  quantization: "none",
  hnsw: { m: 16, efConstruction: 64 },
  shardCount: 1,
};

const limit = () => AbortSignal.timeout(60_000);

export async function startEmbeddedBed(): Promise<PlanBed> {
  const driver = await startPgliteNode({ node: "node-1", settings: PLANNER_SETTINGS, limits: unshared(1) });
  return fixedBed("embedded", driver, async () => {});
}

export async function startPostgresBed(): Promise<PlanBed> {
  const server = await startPostgres();
  return fixedBed("postgres", openDriver(server.url()), () => server.stop());
}

async function fixedBed(
  kind: "embedded" | "postgres",
  driver: NodeDriver,
  stopServer: () => Promise<void>,
): Promise<PlanBed> {
  const nodes = new FixedNodes([{ name: "node-1", driver }]);
  const engine = createFixedEngine({ kind, nodes, defaultCollection: FIRST });
  await engine.migrate(limit());
  return {
    run: async (statement) => rowsOrThrow(await driver.run(statement, { signal: limit() })),
    create: async (spec) => (await createShard(engine, spec)).shard,
    async stop() {
      await driver.close();
      await stopServer();
    },
  };
}

/** The worker holds all shards. */
export async function startCitusBed(): Promise<PlanBed> {
  const cluster = await startCitusCluster({ workers: 1 });
  const stack = await startStack({ url: cluster.adminUrl });
  await stack.engine.migrate(limit());
  let group = 1;
  return {
    run: async (statement) => rowsOrThrow(await stack.nodes.runOn(group, statement, { signal: limit() })),
    async create(spec) {
      const created = await createShard(stack.engine, spec);
      await stack.reload();
      group = created.group;
      return created.shard;
    },
    async stop() {
      await stack.stop();
      await cluster.stop();
    },
  };
}

async function createShard(
  engine: Engine,
  spec: CollectionSpec,
): Promise<{ readonly shard: PlannedShard; readonly group: number }> {
  await engine.createCollection(spec, limit());
  const { collections } = await engine.readMap({ signal: limit() });
  const collection = collections.find(({ name }) => name === spec.name);
  const [placed] = collection?.shards ?? [];
  if (collection === undefined || placed === undefined) throw new Error(`no collection ${spec.name}`);
  const { dimension, metric, quantization } = spec;
  const relation = engine.readRelation(collection, placed.id);
  return {
    shard: { relation, shardId: placed.id, dimension, metric, quantization },
    group: placed.group,
  };
}
