/**
 * Splits and isolations while the records of the shard are updated and deleted, and what ends when nothing
 * goes on.
 */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { inspectCluster } from "../../src/doctor/inspect-cluster.ts";
import { hashText } from "../../src/topology/ring.ts";
import { startChangingLoad } from "../support/changing-load.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { failure } from "../support/failure.ts";
import { finished } from "../support/finished.ts";
import { expectNothingLeft } from "../support/leftovers.ts";
import { placementOf, placementOfShard, shardOfSeveral } from "../support/placements.ts";
import { silentLogger } from "../support/silent-logger.ts";
import { waitFor } from "../support/wait-for.ts";

const NAMESPACES = Array.from({ length: 16 }, (_, i) => `ns${i}`);
const done = { state: "OPERATION_STATE_DONE" };
/** What goes on is not so long without progress on a busy machine either. */
const MAX_STALL_MS = 5_000;

let cluster: CitusCluster;
let coordinator: TestCoordinator;
let settings: Readonly<Record<string, string>>;

const client = () => coordinator.client;
const ended = async (operation: Promise<{ readonly id: string }>) => finished(coordinator, await operation);
const shards = async (collection = "") => (await client().cluster.listShards({ collection })).shards;
const shardsWithin = async ({ min, max }: { readonly min: number; readonly max: number }, collection = "") =>
  (await shards(collection)).filter(({ hashMin, hashMax }) => hashMin >= min && hashMax <= max);
const rangeOf = async (id: string) => {
  const shard = (await shards()).find((other) => other.id === id);
  return { min: shard?.hashMin ?? 0, max: shard?.hashMax ?? 0 };
};
const workerBut = (name: string) => cluster.nodes.slice(1).find((node) => node.name !== name)?.name ?? "";

/** Names of tables, by node. */
const shardsAsDoctorSees = async () => {
  const { nodes } = await inspectCluster(loadConfig({ env: { ...settings } }), silentLogger);
  return nodes
    .flatMap(({ name, shards: held = [] }) => held.map(({ table }) => `${name} ${table}`))
    .toSorted();
};
const shardsPlaced = async () =>
  (
    await cluster.sql(
      `SELECT concat(nodename, ':', nodeport, ' ', logicalrelid::text, '_', shardid) AS shard
FROM pg_dist_shard JOIN pg_dist_placement USING (shardid) JOIN pg_dist_node USING (groupid)
WHERE logicalrelid::text ~ '^(memory_entries|c_)'`,
    )
  )
    .map(({ shard }) => String(shard))
    .toSorted();

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 2 });
  settings = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "2",
    ORRERY_REBALANCE_MAX_STALL_MS: String(MAX_STALL_MS),
  };
  await runMigrate(settings);
  coordinator = await startTestCoordinator(settings);
});

afterAll(async () => {
  await coordinator?.stop();
  await cluster?.stop();
});

describe("under 200 updates and deletes a second", () => {
  it("a split ends, fails no request and loses nothing", async () => {
    const load = await startChangingLoad(client(), NAMESPACES);
    const shardId = await shardOfSeveral(cluster, NAMESPACES);
    const { node } = await placementOfShard(cluster, shardId);
    const range = await rangeOf(shardId);
    try {
      expect(await ended(client().cluster.splitShard({ shardId }))).toMatchObject(done);
    } finally {
      await load.stop();
    }
    expect(load.failures).toEqual([]);
    expect(load.changed()).toBeGreaterThan(0);
    await load.expectAsWritten();
    const pieces = await shardsWithin(range);
    expect(pieces).toHaveLength(2);
    for (const { id } of pieces) expect((await placementOfShard(cluster, id)).node).not.toBe(node);
    await expectNothingLeft(cluster);
  });

  it("an isolation that stays on its node ends, fails no request and loses nothing", async () => {
    const load = await startChangingLoad(client(), NAMESPACES);
    const { node } = await placementOf(cluster, "ns3");
    try {
      const isolation = client().cluster.isolateNamespace({ namespace: "ns3", targetNode: node });
      expect(await ended(isolation)).toMatchObject({ ...done, moves: [{ targetNode: node }] });
    } finally {
      await load.stop();
    }
    expect(load.failures).toEqual([]);
    await load.expectAsWritten();
    const own = await placementOf(cluster, "ns3");
    expect(own.node).toBe(node);
    const hash = hashText("ns3");
    expect(await rangeOf(own.shardId)).toEqual({ min: hash, max: hash });
    await expectNothingLeft(cluster);
  });
});

describe("the pieces of a shard", () => {
  it("go to the nodes that are asked for, one for each or one for all", async () => {
    const shardId = await shardOfSeveral(cluster, NAMESPACES);
    const range = await rangeOf(shardId);
    const { node } = await placementOfShard(cluster, shardId);
    const middle = Math.floor((range.min + range.max) / 2);
    const targetNodes = [node, workerBut(node)];
    const split = client().cluster.splitShard({ shardId, splitPoints: [middle], targetNodes });
    expect(await ended(split)).toMatchObject(done);
    const pieces = await shardsWithin(range);
    const nodes = await Promise.all(pieces.map(async ({ id }) => (await placementOfShard(cluster, id)).node));
    expect(nodes).toEqual(targetNodes);
    await expectNothingLeft(cluster);
  });

  it("are two where the hash of an isolated namespace is the first or the last of its shard", async () => {
    for (const [namespace, points] of [
      ["ns5", [hashText("ns5") - 1]],
      ["ns6", [hashText("ns6")]],
    ] as const) {
      const { shardId } = await placementOf(cluster, namespace);
      const hash = hashText(namespace);
      await ended(client().cluster.splitShard({ shardId, splitPoints: points }));
      const own = await placementOf(cluster, namespace);
      const range = await rangeOf(own.shardId);
      expect([range.min, range.max]).toContain(hash);
      expect(await ended(client().cluster.isolateNamespace({ namespace }))).toMatchObject(done);
      expect(await shardsWithin(range)).toHaveLength(2);
      expect(await rangeOf((await placementOf(cluster, namespace)).shardId)).toEqual({
        min: hash,
        max: hash,
      });
    }
    await expect(client().cluster.isolateNamespace({ namespace: "ns5" })).rejects.toMatchObject(
      failure("PLACEMENT_REFUSED", /for itself already/),
    );
    await expectNothingLeft(cluster);
  });

  it("are pieces of every collection that is co-located with it", async () => {
    for (const name of ["one", "two"]) {
      await ended(
        client().collection.createCollection({ collection: { name, dimension: 3, shardCount: 2 } }),
      );
    }
    const tables = await cluster.sql(
      "SELECT table_name FROM orrery.collections WHERE name IN ('one', 'two') ORDER BY name",
    );
    await cluster.sql("SELECT update_distributed_table_colocation($1, colocate_with => $2)", [
      String(tables[1]?.table_name),
      String(tables[0]?.table_name),
    ]);
    const load = await startChangingLoad(client(), NAMESPACES.slice(0, 4), { collection: "two" });
    try {
      const split = client().cluster.splitShard({
        shardId: (await shards("one"))[0]?.id ?? "",
        splitPoints: [-5],
      });
      expect(await ended(split)).toMatchObject(done);
    } finally {
      await load.stop();
    }
    const places = async (collection: string) =>
      (await shards(collection)).map(({ hashMin, hashMax, groupId }) => ({ hashMin, hashMax, groupId }));
    expect(await places("one")).toHaveLength(3);
    expect(await places("two")).toEqual(await places("one"));
    expect(load.failures).toEqual([]);
    await load.expectAsWritten();
    await expectNothingLeft(cluster);

    // Without a key its updates and deletes could not be carried over.
    await cluster.sql('CREATE TABLE bare (shard_key text COLLATE "C")');
    await cluster.sql("SELECT create_distributed_table('bare', 'shard_key', colocate_with => $1)", [
      String(tables[0]?.table_name),
    ]);
    const [shard] = await shards("one");
    await expect(client().cluster.splitShard({ shardId: shard?.id ?? "" })).rejects.toMatchObject(
      failure("NODE_UNFIT", /no primary key or replica identity/),
    );
    await cluster.sql("DROP TABLE bare");
  });
});

describe("splits of two collections at once", () => {
  it("run one after the other, and the later one says which it waits for", async () => {
    const { cluster: api, collection, operation } = client();
    await ended(collection.createCollection({ collection: { name: "beside", dimension: 3, shardCount: 2 } }));
    const [beside] = await shards("beside");
    const shardId = await shardOfSeveral(cluster, NAMESPACES);
    const { node } = await placementOfShard(cluster, shardId);
    const server = cluster.nodes.find(({ name }) => name === node)?.server;
    // A split waits for transactions that were there before it.
    const open = new pg.Client({ connectionString: server?.adminUrl ?? "" });
    await open.connect();
    try {
      await open.query("BEGIN");
      await open.query("SELECT pg_current_xact_id()");
      const first = await api.splitShard({ shardId });
      const second = await api.splitShard({ shardId: beside?.id ?? "" });
      await waitFor(
        async () =>
          (await operation.getOperation({ id: second.id })).message.includes(
            `waits for operation ${first.id}`,
          ),
        { what: "the second to say what it waits for" },
      );
      await open.query("COMMIT");
      expect(await finished(coordinator, first)).toMatchObject(done);
      expect(await finished(coordinator, second)).toMatchObject(done);
    } finally {
      await open.end();
    }
    expect(await shards("beside")).toHaveLength(3);
    await expectNothingLeft(cluster);
  });
});

describe("where no other node may hold shards", () => {
  it("a split is refused with the time that writes would wait, and made when that is asked for", async () => {
    const shardId = await shardOfSeveral(cluster, NAMESPACES);
    const { node } = await placementOfShard(cluster, shardId);
    const range = await rangeOf(shardId);
    const [host, port] = workerBut(node).split(":");
    const setTakesShards = (takes: boolean) =>
      cluster.sql("SELECT citus_set_node_property($1, $2, 'shouldhaveshards', $3)", [
        host,
        Number(port),
        takes,
      ]);
    await setTakesShards(false);
    try {
      await expect(client().cluster.splitShard({ shardId })).rejects.toMatchObject(
        failure("WRITES_WOULD_WAIT", /writes to it would have to wait, for about \d+ s/),
      );
      const options = { transferMode: "TRANSFER_MODE_BLOCK_WRITES" } as const;
      expect(await ended(client().cluster.splitShard({ shardId, options }))).toMatchObject(done);
    } finally {
      await setTakesShards(true);
    }
    const pieces = await shardsWithin(range);
    expect(pieces).toHaveLength(2);
    for (const { id } of pieces) expect((await placementOfShard(cluster, id)).node).toBe(node);
    await expectNothingLeft(cluster);
  });
});

describe("a change that makes no progress", () => {
  const stalled = (why: RegExp) => ({
    state: "OPERATION_STATE_FAILED",
    error: { message: expect.stringMatching(why) },
  });

  it.each(["a move", "a split"] as const)(
    "%s that waits for a transaction ends, names the transaction, and leaves nothing behind",
    async (kind) => {
      const { shardId, node, group } = await placementOf(cluster, "ns0");
      const open = new pg.Client({ connectionString: cluster.nodes[group]?.server.adminUrl ?? "" });
      await open.connect();
      try {
        await open.query("SET application_name TO 'forgotten'");
        await open.query("BEGIN");
        await open.query("SELECT pg_current_xact_id()");
        const targetNode = workerBut(node);
        const begun =
          kind === "a move"
            ? client().cluster.moveShard({ shardId, targetNode })
            : client().cluster.splitShard({ shardId });
        await waitFor(
          async () => (await cluster.sql("SELECT FROM pg_dist_cleanup WHERE object_type = 1")).length > 0,
          { what: "the new tables" },
        );
        expect(await shardsAsDoctorSees()).toEqual(await shardsPlaced());
        expect(await ended(begun)).toMatchObject(
          stalled(/no progress for \d+ s: .*lock of process \d+ \(forgotten\)/),
        );
        expect((await placementOf(cluster, "ns0")).shardId).toBe(shardId);
      } finally {
        await open.end();
      }
      await expectNothingLeft(cluster);
    },
  );
});
