/** Rebalancing a real cluster from the command line: the outcome is as planned. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RebalancePlanMessage } from "../../src/proto/generated/orrery/v1/RebalancePlan.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { f32, runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { waitFor } from "../support/wait-for.ts";
import { runCli } from "../unit/cli/run-cli.ts";

const SHARDS = 16;
const DIMENSION = 32;
/** Skewed: the first has the most rows. */
const NAMESPACES = Array.from({ length: 16 }, (_, i) => ({
  name: `tenant-${i}`,
  rows: Math.ceil(900 / (i / 2 + 1)),
}));

/** Searched throughout, the later ones more often; the earlier ones have the most rows. */
const SEARCHED = NAMESPACES.slice(0, 5).flatMap(({ name }, weight) => Array<string>(weight + 1).fill(name));

let cluster: CitusCluster;
let coordinator: TestCoordinator;
let searches: { stop(): Promise<void> };

const vector = (seed: number) =>
  f32(Array.from({ length: DIMENSION }, (_, i) => Math.sin((seed + 1) * (i + 1))));

async function write(namespace: string, keys: readonly string[]): Promise<void> {
  const { results } = await coordinator.client.vector.upsert(
    {
      records: keys.map((key, index) => ({ namespace, key, vector: vector(index + key.length) })),
      mode: "WRITE_MODE_INSERT",
    },
    { deadlineMs: 5_000 },
  );
  for (const { status } of results) expect(status?.code ?? 0).toBe(0);
}

async function setTakesShards(workers: readonly number[], takes: boolean): Promise<void> {
  for (const worker of workers) {
    const [host, port] = (cluster.nodes[worker]?.name ?? "").split(":");
    await cluster.sql("SELECT citus_set_node_property($1, $2, 'shouldhaveshards', $3)", [
      host,
      Number(port),
      takes,
    ]);
  }
}

const orrery = (...args: readonly string[]) => runCli(args, { env: { ORRERY_ADDRESS: coordinator.address } });

async function planOf(...args: readonly string[]): Promise<RebalancePlanMessage> {
  const { stdout, stderr, code } = await orrery("rebalance", "plan", ...args, "-o", "json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as RebalancePlanMessage;
}

/**
 * Searches and multi-row writes without a pause until stopped; throws at the first that fails.
 */
function keepBusy(): { stop(): Promise<readonly string[]> } {
  let stopping = false;
  const written: string[] = [];
  const writes = async () => {
    for (let batch = 0; !stopping; batch += 1) {
      const namespace = NAMESPACES[batch % NAMESPACES.length]?.name ?? "";
      const keys = Array.from({ length: 3 }, (_, row) => `busy-${batch}-${row}`);
      await write(namespace, keys);
      written.push(...keys.map((key) => `${namespace}/${key}`));
      // Slowly, since the plan does not include the cluster's growth.
      await sleep(200);
    }
  };
  const searches = async () => {
    for (let seed = 0; !stopping; seed += 1) {
      const { hits, completeness } = await coordinator.client.vector.search(
        { allNamespaces: true, vector: vector(seed), topK: 10 },
        { deadlineMs: 5_000 },
      );
      expect([hits.length, completeness?.complete]).toEqual([10, true]);
    }
  };
  const both = Promise.all([writes(), searches()]);
  both.catch(() => undefined);
  return {
    async stop() {
      stopping = true;
      await both;
      return written;
    },
  };
}

/** Searches one namespace after another until stopped, which throws the first error. */
function startSearches(): { stop(): Promise<void> } {
  let stopping = false;
  const run = (async () => {
    for (let turn = 0; !stopping; turn += 1) {
      const namespaces = [SEARCHED[turn % SEARCHED.length] ?? ""];
      const { completeness } = await coordinator.client.vector.search(
        { namespaces, vector: vector(turn) },
        { deadlineMs: 5_000 },
      );
      expect(completeness?.complete).toBe(true);
      await sleep(20);
    }
  })();
  run.catch(() => undefined);
  return {
    stop() {
      stopping = true;
      return run;
    },
  };
}

/** Moves every shard that holds a searched namespace to the first worker. */
async function gatherSearched(): Promise<void> {
  const away = await cluster.sql(
    `SELECT DISTINCT shardid, nodeid FROM unnest($1::text[]) namespace,
  get_shard_id_for_distribution_column('memory_entries', namespace) shardid
  JOIN pg_dist_placement USING (shardid) JOIN pg_dist_node USING (groupid) WHERE groupid <> 1`,
    [SEARCHED],
  );
  for (const { shardid, nodeid } of away) {
    await cluster.sql(
      "SELECT citus_move_shard_placement($1, $2, (SELECT nodeid FROM pg_dist_node WHERE groupid = 1), 'block_writes')",
      [shardid, nodeid],
    );
  }
  await cluster.sql("CALL citus_cleanup_orphaned_resources()");
  await cluster.sql("ANALYZE memory_entries");
}

/** Each node's share of the total. */
function shares(costs: readonly number[]): readonly number[] {
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  return costs.map((cost) => cost / total);
}

/** Compares every node and the imbalance, within 5 %. */
function expectAsPlanned(plan: RebalancePlanMessage, after: RebalancePlanMessage): void {
  expect(after.nodes.map(({ node }) => node)).toEqual(plan.nodes.map(({ node }) => node));
  const planned = shares(plan.nodes.map(({ costAfter }) => costAfter));
  const came = shares(after.nodes.map(({ costBefore }) => costBefore));
  for (const [index, share] of came.entries()) {
    expect(Math.abs(share / (planned[index] ?? 0) - 1)).toBeLessThan(0.05);
  }
  expect(Math.abs(after.imbalanceBefore - plan.imbalanceAfter)).toBeLessThan(0.05);
}

/** Carries out a plan of this strategy, then plans again. Returns the first plan. */
async function rebalanceBy(strategy: string): Promise<RebalancePlanMessage> {
  const ask = ["--strategy", strategy, "--threshold", "0.1"];
  const plan = await planOf(...ask);
  expect(plan.imbalanceBefore).toBeGreaterThan(0.5);
  expect(plan.imbalanceAfter).toBeLessThan(plan.imbalanceBefore / 2);
  const { stdout, code } = await orrery("rebalance", "start", plan.id, "--block-writes", "-o", "json");
  expect({ code, state: JSON.parse(stdout)[0].state }).toEqual({ code: 0, state: "done" });
  const after = await planOf(...ask);
  expectAsPlanned(plan, after);
  // No shard is moved back and forth.
  expect(after.moves).toEqual([]);
  return plan;
}

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 3 });
  const env = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: String(DIMENSION),
    ORRERY_COLLECTION_SHARDS: String(SHARDS),
  };
  // All on one worker on purpose.
  await setTakesShards([2, 3], false);
  await runMigrate(env);
  await setTakesShards([2, 3], true);
  coordinator = await startTestCoordinator(env);
  for (const { name, rows } of NAMESPACES) {
    await write(
      name,
      Array.from({ length: rows }, (_, i) => `k${i}`),
    );
  }
  await cluster.sql("VACUUM ANALYZE memory_entries");
  searches = startSearches();
});

afterAll(async () => {
  await searches?.stop().catch(() => undefined);
  await coordinator?.stop();
  await cluster?.stop();
});

describe("a deliberately uneven cluster", () => {
  it("an impossible rebalance is refused before anything moves, with an exit code that says why", async () => {
    const [shard] = (await coordinator.client.cluster.listShards({})).shards;
    const [, owner = "", other = ""] = cluster.nodes.map(({ name }) => name);
    const move = (id: string | undefined, node: string) => orrery("shards", "move", String(id), "--to", node);
    expect(await move(shard?.id, owner)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("PLACEMENT_REFUSED"),
    });
    expect(await move("9", other)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("SHARD_NOT_FOUND"),
    });
    expect(await move(shard?.id, "nowhere:1")).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("NODE_NOT_FOUND"),
    });
    expect(await orrery("nodes", "add", "127.0.0.1:1")).toMatchObject({
      code: expect.toSatisfy((code) => code > 0),
    });
    expect((await orrery("rebalance", "start", "no-such-plan")).code).toBe(3);
    const { stdout } = await orrery("shards", "move", String(shard?.id), "--to", other, "--dry-run");
    expect(stdout).toContain(`would move shard ${shard?.id} of memory_entries from ${owner} to ${other}`);
    expect((await coordinator.client.operation.listOperations({})).operations).toEqual([]);
  });

  it("a rebalance by size ends within 5 % of its plan, and no search or write fails meanwhile", async () => {
    const plan = await planOf("--threshold", "0.1");
    expect(plan.imbalanceBefore).toBeCloseTo(2);
    expect(plan.imbalanceAfter).toBeLessThanOrEqual(0.2);
    const busy = keepBusy();
    const start = () => orrery("rebalance", "start", plan.id, "--request-id", "once", "-o", "json");
    const started = await start();
    const written = await busy.stop();
    expect({ code: started.code, out: JSON.parse(started.stdout)[0].state }).toEqual({
      code: 0,
      out: "done",
    });
    expect(started.stderr.match(/: done$/gm)).toHaveLength(plan.moves.length);

    // Sent again, the request returns the same operation, although its plan is outdated by now.
    expect(JSON.parse((await start()).stdout)[0].id).toBe(JSON.parse(started.stdout)[0].id);
    expect(await orrery("rebalance", "start", plan.id)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("PLAN_OUTDATED"),
    });

    const after = await planOf("--threshold", "0.1");
    // The cluster grew a little meanwhile; only the shares count.
    expectAsPlanned(plan, after);
    expect(after.measured).toBe(true);

    expect(written.length).toBeGreaterThan(0);
    expect(new Set(written).size).toBe(written.length);
    const { count } = await coordinator.client.vector.count({ allNamespaces: true });
    expect(Number(count)).toBe(NAMESPACES.reduce((sum, { rows }) => sum + rows, 0) + written.length);
  });

  it("a rebalance by rows ends as planned, and planning again finds nothing to move", async () => {
    await gatherSearched();
    const { nodes } = await rebalanceBy("by_row_count");
    const { count } = await coordinator.client.vector.count({ allNamespaces: true });
    expect(nodes.reduce((sum, { costBefore }) => sum + costBefore, 0)).toBe(Number(count));
  });

  it("a rebalance by search cost ends as planned, and planning again finds nothing to move", async () => {
    await gatherSearched();
    const areReported = async () => {
      const { shards } = await coordinator.client.cluster.listShards({});
      const places = await cluster.sql(
        "SELECT DISTINCT get_shard_id_for_distribution_column('memory_entries', n)::text AS id FROM unnest($1::text[]) n",
        [SEARCHED],
      );
      return places.every(({ id }) => (shards.find((shard) => shard.id === id)?.load ?? 0) > 0);
    };
    await waitFor(areReported, { what: "the load of what is searched", intervalMs: 200 });
    // From here on all search costs decay alike.
    await searches.stop();
    // Hardly any other namespace is searched.
    expect((await rebalanceBy("by_load")).imbalanceBefore).toBeGreaterThan(1.5);
  });

  it("a pinned shard group stays where it is, even when someone rebalances in SQL", async () => {
    const name = NAMESPACES[0]?.name ?? "";
    const placement = async () => {
      const [row] = await cluster.sql(
        `SELECT shardid::int AS shard, concat(nodename, ':', nodeport) AS node FROM pg_dist_placement JOIN pg_dist_node USING (groupid)
WHERE shardid = get_shard_id_for_distribution_column('memory_entries', $1::text)`,
        [name],
      );
      return row;
    };
    const pinned = await placement();
    expect((await orrery("namespaces", "pin", name, "--to", String(pinned?.node))).code).toBe(0);
    expect((await orrery("namespaces", "show", name, "-o", "json")).stdout).toContain('"pinnedGroupId"');
    const drained = cluster.nodes.findIndex((node) => node.name === pinned?.node);
    await setTakesShards([drained], false);
    const before = await cluster.sql(
      "SELECT count(*)::int AS shards FROM pg_dist_placement WHERE groupid = $1",
      [drained],
    );
    await cluster.sql(
      "SELECT rebalance_table_shards(drain_only := true, shard_transfer_mode := 'block_writes')",
    );
    const after = await cluster.sql(
      "SELECT count(*)::int AS shards FROM pg_dist_placement WHERE groupid = $1",
      [drained],
    );
    expect(Number(after[0]?.shards)).toBeLessThan(Number(before[0]?.shards));
    expect(await placement()).toEqual(pinned);
    await setTakesShards([drained], true);
  });
});
