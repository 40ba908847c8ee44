import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toVector } from "../../src/cli/values.ts";
import { loadConfig } from "../../src/config/load.ts";
import { checkCluster } from "../../src/doctor/check-cluster.ts";
import { inspectCluster } from "../../src/doctor/inspect-cluster.ts";
import { type CitusCluster, startCitusCluster, startCitusNode } from "../support/citus-cluster.ts";
import { runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { finished } from "../support/finished.ts";
import type { PostgresServer } from "../support/postgres-server.ts";
import { shardMoves } from "../support/shard-moves.ts";
import { silentLogger } from "../support/silent-logger.ts";
import { waitFor } from "../support/wait-for.ts";

const VECTOR = toVector([1, 2, 3]);

let cluster: CitusCluster;
/** A server that is not a node yet. */
let added: PostgresServer;
let settings: Record<string, string>;
/** Searches and writes as `service`, a member of orrery_service only; its admin login is the owner. */
let coordinator: TestCoordinator;

/**
 * The SQLSTATE of the error of one statement run as `service`, or another login, on the Citus coordinator
 * node, or on a worker.
 */
async function sqlStateOf(
  text: string,
  server = cluster.coordinator,
  user = "service",
): Promise<string | undefined> {
  return withLogin(server, user, (client) =>
    client.query(text).then(
      () => undefined,
      (error: { code?: string }) => error.code,
    ),
  );
}

async function withLogin<T>(server: PostgresServer, user: string, use: (client: pg.Client) => Promise<T>) {
  const client = new pg.Client({ connectionString: server.url(user) });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

async function writesAndFinds(collection: string, key: string): Promise<void> {
  const { vector } = coordinator.client;
  const record = { namespace: "tenant", key, value: key, vector: VECTOR };
  for (const mode of ["WRITE_MODE_INSERT", "WRITE_MODE_UPSERT", "WRITE_MODE_UPDATE"] as const) {
    const { results } = await vector.upsert({ collection, records: [record], mode });
    expect(results).toMatchObject([{ key, status: { code: 0 } }]);
  }
  const { hits } = await vector.search({ collection, namespaces: ["tenant"], vector: VECTOR });
  expect(hits.map((hit) => hit.key)).toContain(key);
  const { results } = await vector.delete({ collection, records: [{ namespace: "tenant", key }] });
  expect(results).toMatchObject([{ key, status: { code: 0 } }]);
}

beforeAll(async () => {
  [cluster, added] = await Promise.all([startCitusCluster({ workers: 2 }), startCitusNode()]);
  settings = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.coordinator.url("service"),
    ORRERY_CITUS_ADMIN_URL: cluster.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "4",
    ORRERY_QUERY_STATISTICS_INTERVAL_MS: "200",
  };
  await runMigrate(settings);
  await cluster.sql("CREATE ROLE service LOGIN IN ROLE orrery_service");
  await cluster.sql("CREATE ROLE stranger LOGIN");
  await cluster.sql("CREATE SCHEMA private");
  await cluster.sql("CREATE TABLE private.secrets AS SELECT 1 AS secret");
  coordinator = await startTestCoordinator(settings);
});

afterAll(async () => {
  await coordinator?.stop();
  await cluster?.stop();
  await added?.stop();
});

describe("a login that is only a member of orrery_service", () => {
  it("the service login can search, write and read the map", async () => {
    await writesAndFinds("", "by the service");
    const { client } = coordinator;
    expect((await client.cluster.listShards({})).shards).toHaveLength(4);
    expect(await client.cluster.getClusterStatus({})).toMatchObject({ engine: "citus", findings: [] });
    await client.vector.upsert({ records: [{ namespace: "listed", key: "k", vector: VECTOR }] });
    expect((await client.namespace.listNamespaces({})).namespaces).toMatchObject([{ name: "listed" }]);
    expect(await client.vector.count({ allNamespaces: true })).toMatchObject({ count: "1" });
    await finished(coordinator, await client.namespace.deleteNamespace({ namespace: "listed" }));
    expect(await client.vector.count({ allNamespaces: true })).toMatchObject({ count: "0" });
  });

  it("the service login can read the statistics of the shards", async () => {
    await coordinator.client.vector.upsert({ records: [{ namespace: "tenant", key: "k", vector: VECTOR }] });
    await cluster.sql("ANALYZE memory_entries");
    const estimates = async () =>
      (await coordinator.client.cluster.listShards({})).shards.map(({ estimatedRows }) =>
        Number(estimatedRows),
      );
    const areRead = async () => (await estimates()).toSorted().join() === "0,0,0,1";
    await waitFor(areRead, { what: "the estimates", timeoutMs: 30_000 });
  });

  it.each([
    ["create tables", "CREATE TABLE public.mine (i int)"],
    ["create tables beside Orrery's", "CREATE TABLE orrery.mine (i int)"],
    ["create schemas", "CREATE SCHEMA mine"],
    ["read other schemas", "SELECT FROM private.secrets"],
    ["change collections", "DELETE FROM orrery.collections"],
    ["take the lead", "UPDATE orrery.leadership SET term = term + 1"],
    ["forget what an index weighed", "DELETE FROM orrery.index_baselines"],
    ["empty a collection", "TRUNCATE memory_entries"],
    ["drop a collection", "DROP TABLE memory_entries"],
  ])("the service login cannot %s", async (_, statement) => {
    for (const server of [cluster.coordinator, ...cluster.workers]) {
      expect(await sqlStateOf(statement, server)).toMatch(/^(42501|42P01|3F000)$/);
    }
    expect(await sqlStateOf(statement)).toBe("42501");
  });

  it("the service login cannot move shards", async () => {
    const { shard, source, target } = await shardMoves(cluster, "memory_entries", "tenant").placement();
    const address = (node: string) => node.replace(/^(.*):(\d+)$/, "'$1', $2");
    expect(
      await sqlStateOf(`SELECT citus_move_shard_placement(${shard}, ${address(source)}, ${address(target)})`),
    ).toBe("42501");
  });
});

describe("a coordinator with an admin login", () => {
  it("a coordinator with an admin login creates collections that the service login serves at once, and deletes them", async () => {
    const { client } = coordinator;
    for (let round = 0; round < 2; round += 1) {
      const collection = { name: "made", dimension: 3, shardCount: 3 };
      const created = await finished(coordinator, await client.collection.createCollection({ collection }));
      expect(created).toMatchObject({ state: "OPERATION_STATE_DONE" });
      await writesAndFinds("made", "first");
      const deleted = await finished(coordinator, await client.collection.deleteCollection({ name: "made" }));
      expect(deleted).toMatchObject({ state: "OPERATION_STATE_DONE" });
    }
  });

  it.each(["block_writes", "force_logical"] as const)(
    "the service login goes on working after a move with %s",
    async (mode) => {
      const moves = shardMoves(cluster, "memory_entries", "tenant");
      await moves.move(mode);
      await writesAndFinds("", `after ${mode}`);
    },
  );

  it("the service login goes on working after a split and an isolation", async () => {
    const moves = shardMoves(cluster, "memory_entries", "tenant");
    await moves.split();
    await writesAndFinds("", "after the split");
    await moves.isolate();
    await writesAndFinds("", "after the isolation");
  });
});

describe("the rights on a node", () => {
  /** Orrery's objects on a node with their rights; shards go by the name of their table. */
  const RIGHTS = `SELECT p.oid::regprocedure::text AS object, p.proacl::text AS rights, p.prosecdef AS as_owner
FROM pg_proc p WHERE p.pronamespace = 'orrery'::regnamespace
UNION ALL SELECT nspname, nspacl::text, false FROM pg_namespace WHERE nspname = 'orrery'
UNION SELECT regexp_replace(relname, '_[0-9]+$', ''), relacl::text, false FROM pg_class
WHERE relkind = 'r' AND (relname LIKE 'memory_entries%' OR relname ~ '^(cluster|collections|namespace_pins)(_[0-9]+)?$')
ORDER BY 1`;
  const rightsOn = (server: PostgresServer) =>
    withLogin(server, "postgres", async (client) => {
      await client.query("SET citus.override_table_visibility TO off");
      return (await client.query(RIGHTS)).rows;
    });
  /** What neither a login of Orrery's role nor one without any role may do on a node. */
  const mayNot = async (server: PostgresServer) => {
    for (const text of [
      "SELECT orrery.refuse_writes()",
      "SELECT orrery.end_sessions()",
      "CALL orrery.clean_up(0)",
      "SELECT orrery.shard_allowed_on_node(1, 1)",
    ]) {
      expect.soft([text, await sqlStateOf(text, server)]).toEqual([text, "42501"]);
    }
    for (const text of [
      "SELECT orrery.hello()",
      "SELECT orrery.catalog()",
      "SELECT orrery.shard_read(1, 0)",
      "SELECT orrery.check_placement(1, NULL)",
      "SELECT orrery.end_sessions()",
      "SELECT FROM orrery.collections",
      "SELECT FROM memory_entries",
      "INSERT INTO memory_entries (shard_key) VALUES ('')",
    ]) {
      expect.soft([text, await sqlStateOf(text, server, "stranger")]).toEqual([text, "42501"]);
    }
  };
  const migrate = () => runMigrate(settings);

  it("rights are the same on every node, also one that Orrery adds, and no function runs with its owner's rights", async () => {
    const { client } = coordinator;
    const node = `${added.host}:${added.port}`;
    const { shard } = await shardMoves(cluster, "memory_entries", "tenant").placement();
    const add = await finished(coordinator, await client.cluster.addNode({ node }));
    expect(add).toMatchObject({ state: "OPERATION_STATE_DONE" });
    const move = await client.cluster.moveShard({ shardId: String(shard), targetNode: node });
    expect(await finished(coordinator, move)).toMatchObject({ state: "OPERATION_STATE_DONE" });
    const expected = await rightsOn(cluster.coordinator);
    expect(expected.length).toBeGreaterThan(10);
    expect(expected.filter(({ as_owner: asOwner }) => asOwner)).toEqual([]);
    for (const server of [...cluster.workers, added]) {
      expect(await rightsOn(server)).toEqual(expected);
      await mayNot(server);
    }
    await mayNot(cluster.coordinator);
    await writesAndFinds("", "on the added node");
  });

  it("`orrery migrate` repairs rights where Citus alone made the copies or someone revoked them", async () => {
    const node = `${added.host}:${added.port}`;
    const alone = (text: string) => added.sql(`SET citus.enable_ddl_propagation TO off; ${text}`);
    expect(await migrate()).toEqual([]);
    const repaired = async (sentence: string) => {
      expect(await migrate()).toEqual([sentence]);
      expect(await rightsOn(added)).toEqual(await rightsOn(cluster.coordinator));
    };
    await alone("DROP FUNCTION orrery.end_sessions()");
    await repaired(`gave node ${node} what it lacked of the schema`);
    await alone("REVOKE EXECUTE ON FUNCTION orrery.shard_read(bigint, int) FROM orrery_service");
    await alone("GRANT ALL ON FUNCTION orrery.refuse_writes() TO PUBLIC");
    const doctor = checkCluster(await inspectCluster(loadConfig({ env: settings }), silentLogger));
    expect(doctor.filter(({ detail }) => detail.includes("every login"))).toMatchObject([
      { what: `${node} rights`, detail: expect.stringMatching(/orrery migrate/) },
    ]);
    await repaired(`set who may run Orrery's functions and read its views on node ${node}`);
    await mayNot(added);
    expect(await migrate()).toEqual([]);
  });
});

describe("a coordinator without an admin login", () => {
  it("a coordinator without an admin login serves, and refuses to create collections", async () => {
    const { ORRERY_CITUS_ADMIN_URL: _, ...without } = settings;
    const powerless = await startTestCoordinator(without);
    try {
      const { vector, collection } = powerless.client;
      await vector.upsert({ records: [{ namespace: "tenant", key: "k", vector: VECTOR }] });
      expect((await vector.search({ allNamespaces: true, vector: VECTOR })).hits).toHaveLength(1);
      const operation = await finished(
        powerless,
        await collection.createCollection({ collection: { name: "made", dimension: 3 } }),
      );
      expect(operation).toMatchObject({
        state: "OPERATION_STATE_FAILED",
        error: { code: 9, message: expect.stringContaining("orrery migrate") },
      });
    } finally {
      await powerless.stop();
    }
  });
});
