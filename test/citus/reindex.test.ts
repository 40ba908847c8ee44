import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { clusteredVectors } from "../support/clustered-vectors.ts";
import { f32, runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { type EtcdServer, startEtcd } from "../support/etcd-server.ts";
import { failure } from "../support/failure.ts";
import { finished } from "../support/finished.ts";
import { placementOf } from "../support/placements.ts";
import { waitFor } from "../support/wait-for.ts";

const REINDEXES = "SELECT FROM pg_stat_progress_create_index WHERE command LIKE 'REINDEX%'";
const COLLECTION = "graphs";
const NAMESPACE = "ns";
const DIMENSION = 32;

let cluster: CitusCluster;
let etcd: EtcdServer;
let coordinator: TestCoordinator;
let shardId: string;
const { vectors, queries } = clusteredVectors({ count: 3_000, queryCount: 5, dimension: DIMENSION, seed: 4 });

beforeAll(async () => {
  [cluster, etcd] = await Promise.all([startCitusCluster({ workers: 2 }), startEtcd()]);
  const settings = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "2",
    ORRERY_ETCD_ENDPOINTS: etcd.endpoints.join(","),
    ORRERY_TOPOLOGY_LEASE_TTL_SECONDS: "2",
  };
  await runMigrate(settings);
  coordinator = await startTestCoordinator(settings);
  const { collection } = coordinator.client;
  await finished(
    coordinator,
    await collection.createCollection({
      collection: { name: COLLECTION, dimension: DIMENSION, shardCount: 2 },
    }),
  );
  for (let at = 0; at < vectors.length; at += 1_000) await write(vectors.slice(at, at + 1_000), `k${at}-`);
  const [row] = await cluster.sql("SELECT table_name AS name FROM orrery.collections WHERE name = $1", [
    COLLECTION,
  ]);
  shardId = (await placementOf(cluster, NAMESPACE, String(row?.name))).shardId;
});

afterAll(async () => {
  await coordinator?.stop();
  await Promise.all([cluster?.stop(), etcd?.stop()]);
});

const write = (some: readonly Float32Array[], prefix: string) =>
  coordinator.client.vector.upsert({
    collection: COLLECTION,
    records: some.map((vector, i) => ({ namespace: NAMESPACE, key: `${prefix}${i}`, vector: f32(vector) })),
  });

const search = (vector: Float32Array) =>
  coordinator.client.vector.search({
    collection: COLLECTION,
    namespaces: [NAMESPACE],
    vector: f32(vector),
    params: { efSearch: 100 },
  });

const reindex = (request: object) =>
  coordinator.client.cluster.reindexShard({ shardId, requestId: "", ...request });

/** The HNSW indexes of the shard, on the node that holds it. */
async function indexes() {
  const { node } = await placement();
  return onNode(node, async (client) => {
    const { rows } = await client.query(
      `SELECT i.oid::int AS build, x.indisvalid AS valid, coalesce(array_to_string(i.reloptions, ' '), '') AS options
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am a ON a.oid = i.relam
WHERE x.indrelid = $1::regclass AND a.amname = 'hnsw'`,
      [await relation()],
    );
    return rows as readonly { readonly build: number; readonly valid: boolean; readonly options: string }[];
  });
}

const placement = async () => {
  const [row] = await cluster.sql("SELECT table_name AS name FROM orrery.collections WHERE name = $1", [
    COLLECTION,
  ]);
  return placementOf(cluster, NAMESPACE, String(row?.name));
};
const relation = async () => {
  const [row] = await cluster.sql("SELECT table_name AS name FROM orrery.collections WHERE name = $1", [
    COLLECTION,
  ]);
  return `public.${row?.name}_${shardId}`;
};

async function onNode<T>(node: string, use: (client: Client) => Promise<T>): Promise<T> {
  const url = cluster.nodes.find(({ name }) => name === node)?.server.adminUrl;
  const client = new Client({
    connectionString: `${url}?options=${encodeURIComponent("-c citus.override_table_visibility=off -c citus.enable_manual_changes_to_shards=on")}`,
  });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

it("the index of a shard is built anew with other settings, while searches and writes go on", async () => {
  const [before] = await indexes();
  const dry = await reindex({ m: 24, efConstruction: 150, validateOnly: true });
  expect(dry).toMatchObject({
    id: "",
    message: `builds the index of shard ${shardId} with m 24 and ef_construction 150`,
  });
  const started = await reindex({ m: 24, efConstruction: 150 });
  let asked = 0;
  for (let ended = false; !ended; asked += 1) {
    expect((await search(queries[asked % queries.length] as Float32Array)).hits).toHaveLength(10);
    await write([vectors[asked] as Float32Array], `more-${asked}-`);
    ended = (await coordinator.client.operation.getOperation({ id: started.id })).endTime !== null;
  }
  expect(await finished(coordinator, started)).toMatchObject({ state: "OPERATION_STATE_DONE", message: "" });
  const after = await indexes();
  expect(after).toMatchObject([{ valid: true, options: "m=24 ef_construction=150" }]);
  expect(after[0]?.build).not.toBe(before?.build);
  expect((await search(queries[0] as Float32Array)).hits).toHaveLength(10);
});

it("a cancelled build leaves the index as it was, and nothing else", async () => {
  const before = await indexes();
  const { node } = await placement();
  await onNode(node, async (client) => {
    // A build waits for transactions that have written to the table.
    await client.query("BEGIN");
    await client.query(`LOCK TABLE ${await relation()} IN ROW EXCLUSIVE MODE`);
    const started = await reindex({ m: 8 });
    // On another connection: what a transaction has seen of other sessions it sees until its end.
    const builds = () => onNode(node, async (other) => (await other.query(REINDEXES)).rows);
    await waitFor(async () => (await builds()).length > 0, { what: "the build to begin" });
    await coordinator.client.operation.cancelOperation({ id: started.id });
    await waitFor(async () => (await builds()).length === 0, { what: "the build to be cancelled" });
    // What it began is dropped when nobody can use it any more.
    await client.query("ROLLBACK");
    expect(await finished(coordinator, started)).toMatchObject({ state: "OPERATION_STATE_CANCELLED" });
  });
  expect(await indexes()).toEqual(before);
});

it("after a move, which builds with the settings of the collection, the leader has the same built again as asked for", async () => {
  const { node } = await placement();
  const target = cluster.nodes.slice(1).find(({ name }) => name !== node)?.name ?? "";
  const moved = await coordinator.client.cluster.moveShard({ shardId, targetNode: target });
  expect(await finished(coordinator, moved)).toMatchObject({ state: "OPERATION_STATE_DONE" });
  const builds = async () => {
    const { operations } = await coordinator.client.operation.listOperations({ kind: "reindex_shard" });
    return operations.filter(({ requestedBy }) => requestedBy === "index upkeep");
  };
  await waitFor(async () => (await builds()).length > 0, { what: "the leader to begin the build" });
  for (const build of await builds())
    expect(await finished(coordinator, build)).toMatchObject({ state: "OPERATION_STATE_DONE" });
  expect(await indexes()).toMatchObject([{ valid: true, options: "m=24 ef_construction=150" }]);
});

it("refuses by name what no index can be built with, and a shard that is not there", async () => {
  await expect(reindex({ m: 1 })).rejects.toMatchObject(failure("INVALID_REQUEST", /^m: /));
  await expect(reindex({ m: 50, efConstruction: 60 })).rejects.toMatchObject(
    failure("INVALID_REQUEST", /^ef_construction: /),
  );
  await expect(reindex({ shardId: "1" })).rejects.toMatchObject(failure("SHARD_NOT_FOUND", /1/));
});
