/** Every kind of change by an admin role that is no superuser and has the rights that SECURITY.md lists, and no others. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Operation } from "../../src/cli/cluster-messages.ts";
import { loadConfig } from "../../src/config.ts";
import { migrateCluster } from "../../src/migrate-cluster.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { f32, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { silentLogger } from "../support/stack.ts";
import { finished } from "../support/suites/lanes.ts";

const NAMESPACES = Array.from({ length: 8 }, (_, i) => `ns${i}`);
const done = { state: "OPERATION_STATE_DONE" };
/** The shards are as good as empty. */
const options = { transferMode: "TRANSFER_MODE_BLOCK_WRITES" } as const;

let cluster: CitusCluster;
let coordinator: TestCoordinator;

const client = () => coordinator.client;
const ended = async (begun: Promise<Operation>) => finished(coordinator, (await begun) as never);
const name = (index: number) => cluster.nodes[index]?.name ?? "";
const lacking = (right: RegExp) => ({
  state: "OPERATION_STATE_FAILED",
  error: { code: 9, message: expect.stringMatching(right) },
});

/** Grants on the nodes of these numbers, which Citus is not to carry on. */
async function grant(nodes: readonly number[], rights: string): Promise<void> {
  for (const node of nodes) {
    await cluster.nodes[node]?.server.sql(
      `SET citus.enable_ddl_propagation TO off; GRANT ${rights} TO admin`,
    );
  }
}

async function placeOf(namespace: string) {
  const [row] = await cluster.sql(
    `SELECT shardid::text AS shard, groupid AS group FROM pg_dist_placement
WHERE shardid = get_shard_id_for_distribution_column('memory_entries', $1::text)`,
    [namespace],
  );
  return { shardId: String(row?.shard), group: Number(row?.group) };
}

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 2 });
  await cluster.sql("CREATE ROLE admin LOGIN");
  await cluster.sql("CREATE ROLE orrery_service NOLOGIN");
  await cluster.sql("CREATE ROLE service LOGIN IN ROLE orrery_service");
  for (const { server } of cluster.nodes) {
    await server.sql("SET citus.enable_ddl_propagation TO off; ALTER DATABASE orrery OWNER TO admin");
  }
  const settings = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.coordinator.url("service"),
    ORRERY_CITUS_ADMIN_URL: cluster.coordinator.url("admin"),
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "2",
  };
  await migrateCluster(loadConfig({ env: settings }), silentLogger);
  coordinator = await startTestCoordinator(settings);
  const records = NAMESPACES.map((namespace) => ({ namespace, key: "k", vector: f32([1, 2, 3]) }));
  await client().vector.upsert({ records });
});

afterAll(async () => {
  await coordinator?.stop();
  await cluster?.stop();
});

describe("an admin role that owns the database and is no superuser", () => {
  it("migrates, and creates and deletes collections", async () => {
    const { collection, namespace } = client();
    const made = { name: "made", dimension: 3, shardCount: 2 };
    expect(await ended(collection.createCollection({ collection: made }))).toMatchObject(done);
    expect(await ended(namespace.deleteNamespace({ namespace: "ns7" }))).toMatchObject(done);
    expect(await ended(collection.deleteCollection({ name: "made" }))).toMatchObject(done);
  });

  it("moves, splits, isolates, pins and rebalances", async () => {
    const { cluster: api, namespace } = client();
    const { shardId, group } = await placeOf("ns0");
    expect(await ended(api.splitShard({ shardId }))).toMatchObject(done);
    expect(await ended(api.isolateNamespace({ namespace: "ns1" }))).toMatchObject(done);
    const away = { shardId: (await placeOf("ns0")).shardId, targetNode: name(3 - group) };
    expect(await ended(api.moveShard(away))).toMatchObject({ ...done, message: "moved 1 shard groups" });
    const pinToNode = name(3 - (await placeOf("ns1")).group);
    expect(await ended(namespace.updateNamespace({ namespace: "ns1", pinToNode }))).toMatchObject(done);
    expect(await ended(namespace.updateNamespace({ namespace: "ns1", unpin: true }))).toMatchObject(done);
    const plan = await api.planRebalance({ strategy: "BALANCE_STRATEGY_BY_SHARD_COUNT" });
    expect(plan.warnings.filter(({ severity }) => severity !== "SEVERITY_NOTICE")).toEqual([]);
    expect(await ended(api.startRebalance({ planId: plan.id, options }))).toMatchObject(done);
  });

  it("empties and removes nodes once it has the rights, and is told which it lacks", async () => {
    const { cluster: api } = client();
    const node = name(2);
    expect(await ended(api.drainNode({ node, options }))).toMatchObject(lacking(/citus_set_node_property/));
    await grant([0], "EXECUTE ON FUNCTION citus_set_node_property(text, int, text, boolean)");
    expect(await ended(api.drainNode({ node, options }))).toMatchObject(lacking(/pg_dist_node/));
    await grant([0, 1, 2], "UPDATE ON pg_dist_node");
    expect(await ended(api.drainNode({ node, options }))).toMatchObject(done);
    expect(await ended(api.restoreNode({ node }))).toMatchObject(done);
    expect(await ended(api.drainNode({ node, options }))).toMatchObject(done);

    expect(await ended(api.removeNode({ node }))).toMatchObject(lacking(/citus_remove_node/));
    await grant([0], "EXECUTE ON FUNCTION citus_remove_node(text, int)");
    expect(await ended(api.removeNode({ node }))).toMatchObject(lacking(/pg_dist_/));
    await grant([0, 1, 2], "DELETE ON pg_dist_node, pg_dist_placement");
    expect(await ended(api.removeNode({ node }))).toMatchObject(done);
    expect(await client().vector.count({ allNamespaces: true })).toMatchObject({ count: "7" });
  });

  it("is told that it cannot add nodes before anything is begun", async () => {
    await expect(client().cluster.addNode({ node: name(2) })).rejects.toMatchObject({
      failure: { reason: "NODE_NOT_MIGRATED", message: expect.stringMatching(/superuser/) },
    });
  });
});
