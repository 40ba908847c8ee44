/** Planning on a real cluster: plans rest on what PostgreSQL reports, and wrong requests are refused. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { f32, runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { waitFor } from "../support/wait-for.ts";

const SHARDS = 6;

let cluster: CitusCluster;
let coordinator: TestCoordinator;
let workers: readonly string[];

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 2, settings: { autovacuum: "off" } });
  const env = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: String(SHARDS),
  };
  await runMigrate(env);
  coordinator = await startTestCoordinator(env);
  workers = cluster.nodes.slice(1).map(({ name }) => name);
  await write(["a", "b", "c", "d", "e", "f", "g"], 50);
  await cluster.sql("ANALYZE memory_entries");
});

afterAll(async () => {
  await coordinator?.stop();
  await cluster?.stop();
});

async function write(namespaces: readonly string[], rows: number): Promise<void> {
  for (const namespace of namespaces) {
    await coordinator.client.vector.upsert({
      records: Array.from({ length: rows }, (_, index) => ({
        namespace,
        key: `k${index}`,
        vector: f32([Math.cos(index), Math.sin(index), 1]),
      })),
    });
  }
}

const plan = (request = {}) => coordinator.client.cluster.planRebalance(request);

async function shardOf(namespace: string): Promise<{ readonly shard: number; readonly group: number }> {
  const [row] = await cluster.sql(
    `SELECT s.shardid::int AS shard, groupid FROM pg_dist_shard s JOIN pg_dist_placement USING (shardid)
WHERE shardid = get_shard_id_for_distribution_column('memory_entries', $1::text)`,
    [namespace],
  );
  return { shard: Number(row?.shard), group: Number(row?.groupid) };
}

describe("rebalance plans", () => {
  it("a plan weighs nodes by the shard sizes PostgreSQL reports", async () => {
    const [bytes] = await cluster.sql(
      "SELECT sum(shard_size)::bigint::text AS all FROM citus_shards WHERE table_name = 'memory_entries'::regclass",
    );
    const { nodes } = await plan({ strategy: "BALANCE_STRATEGY_BY_DISK_SIZE" });
    expect(nodes.reduce((sum, { costBefore }) => sum + costBefore, 0)).toBe(Number(bytes?.all));
    const byRows = await plan({ strategy: "BALANCE_STRATEGY_BY_ROW_COUNT" });
    expect(byRows.nodes.reduce((sum, { costBefore }) => sum + costBefore, 0)).toBe(7 * 50);
    const byCount = await plan({ strategy: "BALANCE_STRATEGY_BY_SHARD_COUNT" });
    expect(byCount.nodes.map(({ node, costBefore }) => [node, costBefore])).toEqual(
      workers.map((name) => [name, SHARDS / 2]),
    );
    expect(byCount).toMatchObject({ imbalanceBefore: 0, imbalanceAfter: 0, moves: [] });
  });

  it("a plan weighs nodes by the searches the coordinators report", async () => {
    const { shard } = await shardOf("a");
    const search = () =>
      coordinator.client.vector.search({ namespaces: ["a"], vector: f32([1, 2, 3]), topK: 5 });
    await waitFor(
      async () => {
        await search();
        const { shards } = await coordinator.client.cluster.listShards({});
        const busy = shards.filter(({ load }) => (load ?? 0) > 0);
        return busy.length === 1 && busy[0]?.id === String(shard);
      },
      { what: "the load of the searched shard", timeoutMs: 60_000 },
    );
    const { nodes } = await plan({ strategy: "BALANCE_STRATEGY_BY_LOAD" });
    expect(nodes.filter(({ costBefore }) => costBefore > 0)).toHaveLength(1);
  });

  it("a plan drains a node and states the bytes that travel and the disk that is left", async () => {
    const [drained, other] = workers as [string, string];
    const { moves, warnings } = await plan({ drainedNodes: [drained] });
    expect(moves).toHaveLength(SHARDS / 2);
    for (const move of moves) {
      expect(move).toMatchObject({ reason: "drain", sourceNode: drained, targetNode: other });
      expect(Number(move.bytes)).toBeGreaterThan(Number(move.copyBytes));
      expect(Number(move.copyBytes)).toBeGreaterThan(0);
      expect(Number(move.targetFreeBytesBefore) - Number(move.targetFreeBytesAfter)).toBe(Number(move.bytes));
    }
    expect(warnings.filter(({ severity }) => severity !== "SEVERITY_NOTICE")).toEqual([]);
  });

  it("a plan refuses a node that is not in the cluster and names it", async () => {
    await expect(plan({ nodes: ["nowhere:5432"] })).rejects.toMatchObject({
      failure: { reason: "NODE_NOT_FOUND" },
    });
    await expect(plan({ drainedNodes: ["nowhere"] })).rejects.toMatchObject({
      failure: { reason: "INVALID_REQUEST", fields: [{ field: "drained_nodes[0]" }] },
    });
    await expect(plan({ threshold: -1 })).rejects.toMatchObject({
      failure: { fields: [{ field: "threshold" }] },
    });
  });

  it("a plan follows pins, and a pin to a node that is to be drained blocks it", async () => {
    const { group } = await shardOf("a");
    const target = group === 1 ? 2 : 1;
    await cluster.sql(
      `INSERT INTO orrery.namespace_pins (collection_id, namespace, shard_key, group_id, created_at)
SELECT id, 'a', 'a', $1, now() FROM orrery.collections`,
      [target],
    );
    try {
      const { moves } = await plan({ threshold: 10 });
      expect(moves).toMatchObject([{ reason: "pin", targetNode: workers[target - 1] }]);
      const drain = await plan({ drainedNodes: [workers[target - 1]] });
      expect(drain.warnings[0]).toMatchObject({ severity: "SEVERITY_BLOCKING", code: "pin_impossible" });
      await expect(coordinator.client.cluster.startRebalance({ planId: drain.id })).rejects.toMatchObject({
        failure: { reason: "NODE_UNFIT" },
      });
      expect((await coordinator.client.namespace.getNamespace({ namespace: "a" })).pinnedGroupId).toBe(
        target,
      );
    } finally {
      await cluster.sql("DELETE FROM orrery.namespace_pins");
    }
  });

  it("a plan is refused once a shard it would move is elsewhere", async () => {
    const [drained, other] = workers as [string, string];
    const { id, moves } = await plan({ drainedNodes: [drained] });
    const [host, port] = drained.split(":");
    const [toHost, toPort] = other.split(":");
    await cluster.sql("SELECT citus_move_shard_placement($1, $2, $3, $4, $5, 'block_writes')", [
      Number(moves[0]?.shardId),
      host,
      Number(port),
      toHost,
      Number(toPort),
    ]);
    await expect(coordinator.client.cluster.startRebalance({ planId: id })).rejects.toMatchObject({
      failure: { reason: "PLAN_OUTDATED" },
    });
    await expect(coordinator.client.cluster.startRebalance({ planId: "none" })).rejects.toMatchObject({
      failure: { reason: "PLAN_NOT_FOUND" },
    });
  });

  it("a plan says which namespaces deserve a shard of their own", async () => {
    await write(["huge"], 1000);
    await write(["huge2"], 900);
    await cluster.sql("ANALYZE memory_entries");
    const { isolations, shardCounts } = await plan();
    expect(isolations[0]).toMatchObject({ collection: "memory_entries", namespace: "huge" });
    expect(shardCounts).toMatchObject([{ shardCount: SHARDS, advised: 4 }]);
  });
});

describe("a rebalance started in SQL", () => {
  it("a rebalance started in SQL respects pins", async () => {
    const { shard, group } = await shardOf("a");
    const [row] = await cluster.sql("SELECT nodeid FROM pg_dist_node WHERE groupid = $1", [
      group === 1 ? 2 : 1,
    ]);
    const allowed = async () =>
      (
        await cluster.sql("SELECT orrery.shard_allowed_on_node($1, $2) AS ok", [shard, Number(row?.nodeid)])
      )[0]?.ok;
    expect(await allowed()).toBe(true);
    await cluster.sql(
      `INSERT INTO orrery.namespace_pins (collection_id, namespace, shard_key, group_id, created_at)
SELECT id, 'a', 'a', $1, now() FROM orrery.collections`,
      [group],
    );
    expect(await allowed()).toBe(false);
    // Citus would empty this node, but must leave the pinned shard.
    await cluster.sql(
      "SELECT citus_set_node_property(nodename, nodeport, 'shouldhaveshards', false) FROM pg_dist_node WHERE groupid = $1",
      [group],
    );
    const planned = await cluster.sql(
      "SELECT shardid::int AS shard FROM get_rebalance_table_shards_plan(drain_only := true)",
    );
    expect(planned.length).toBeGreaterThan(0);
    expect(planned).not.toContainEqual({ shard });
  });
});
