import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { toVector } from "../../src/cli/values.ts";
import { loadConfig } from "../../src/config/load.ts";
import { checkCluster } from "../../src/doctor/check-cluster.ts";
import { inspectCluster } from "../../src/doctor/inspect-cluster.ts";
import { knownSchema } from "../../src/engines/read-migrations.ts";
import { runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { finished } from "../support/finished.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { silentLogger } from "../support/silent-logger.ts";

const ALL_APPLIED = Array.from({ length: knownSchema("postgres") }, (_, at) => `applied version ${at + 1}`);
const VECTOR = toVector([1, 2, 3]);
const NAMESPACES = Array.from({ length: 40 }, (_, i) => `tenant-${i}`);

/** Two clusters of two nodes each, and a node that may join one of them. */
let ours: readonly [PostgresServer, PostgresServer];
let theirs: readonly [PostgresServer, PostgresServer];
let spare: PostgresServer;
const running: TestCoordinator[] = [];

const settingsOf = (urls: readonly string[]) => ({
  ORRERY_ENGINE: "postgres",
  ORRERY_POSTGRES_URLS: urls.join(","),
  ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
});
const urlsOf = (servers: readonly PostgresServer[]) => servers.map((server) => server.url());

const migrate = (...urls: readonly string[]) => runMigrate(settingsOf(urls));

async function start(...servers: readonly PostgresServer[]): Promise<TestCoordinator> {
  const coordinator = await startTestCoordinator(settingsOf(urlsOf(servers)));
  running.push(coordinator);
  return coordinator;
}

async function write({ client }: TestCoordinator, value: string): Promise<void> {
  const records = NAMESPACES.map((namespace) => ({ namespace, key: "k", value, vector: VECTOR }));
  const { results } = await client.vector.upsert({ records });
  expect(results.filter(({ status }) => status?.code !== 0)).toEqual([]);
}

/** Namespace and value of every record found. */
async function findAll({ client }: TestCoordinator): Promise<readonly string[]> {
  const { hits } = await client.vector.search({ allNamespaces: true, vector: VECTOR, topK: 100 });
  return hits.map(({ namespace, value }) => `${namespace} ${value}`).toSorted();
}

const expected = (value: string) => NAMESPACES.map((namespace) => `${namespace} ${value}`).toSorted();

async function groups({ client }: TestCoordinator, collection: string): Promise<ReadonlySet<number>> {
  return new Set((await client.cluster.listShards({ collection })).shards.map(({ groupId }) => groupId));
}

beforeAll(async () => {
  const pair = () => Promise.all([startPostgres(), startPostgres()]);
  [ours, theirs, spare] = await Promise.all([pair(), pair(), startPostgres()]);
  expect(await migrate(...urlsOf(ours))).toEqual(ALL_APPLIED);
  expect(await migrate(...urlsOf(theirs))).toEqual(ALL_APPLIED);
  await write(await start(...ours), "ours");
  await write(await start(...theirs), "theirs");
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((coordinator) => coordinator.stop()));
});

afterAll(() => Promise.all([...ours, ...theirs, spare].map((server) => server.stop())));

describe("migrate", () => {
  it("a second migration of the nodes applies nothing", async () => {
    expect(await migrate(...urlsOf(ours))).toEqual([]);
    expect(await findAll(await start(...ours))).toEqual(expected("ours"));
  });

  it("a migration refuses a database that is not UTF8 and a node of another cluster, and names them", async () => {
    await spare.sql(
      "CREATE DATABASE ascii TEMPLATE template0 ENCODING SQL_ASCII LOCALE_PROVIDER libc LOCALE 'C'",
    );
    await expect(migrate(spare.url().replace(/[^/]+$/, "ascii"))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: `node ${spare.host}:${spare.port} has encoding SQL_ASCII; it must be UTF8`,
    });
    await expect(migrate(...urlsOf([...ours, theirs[1]]))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(`node ${theirs[1].host}:${theirs[1].port} belongs to cluster`),
    });
    expect(await findAll(await start(...ours))).toEqual(expected("ours"));
    expect(await findAll(await start(...theirs))).toEqual(expected("theirs"));
  });
});

describe("the data of a cluster", () => {
  it("the data of a cluster is found when its nodes are named in another order", async () => {
    const reordered = await start(ours[1], ours[0]);
    expect(await findAll(reordered)).toEqual(expected("ours"));
    await write(reordered, "reordered");
    expect(await findAll(await start(...ours))).toEqual(expected("reordered"));
    await write(reordered, "ours");
  });

  it("the data of a cluster is served beside a node that has not joined, and stays where it is when it joins", async () => {
    const before = await start(spare, ...ours);
    expect(await findAll(before)).toEqual(expected("ours"));
    expect(await migrate(...urlsOf([spare, ...ours]))).toEqual(ALL_APPLIED);
    const after = await start(spare, ...ours);
    expect(await findAll(after)).toEqual(expected("ours"));
    expect(await groups(after, "memory_entries")).toEqual(new Set([1, 2]));
    await finished(
      after,
      await after.client.collection.createCollection({
        collection: { name: "wider", dimension: 3, shardCount: 6 },
      }),
    );
    expect(await groups(after, "wider")).toEqual(new Set([1, 2, 3]));
  });

  it("the data of a cluster is never mixed with that of another, whose nodes are refused", async () => {
    const mixed = await start(ours[0], theirs[1]);
    const namespaces = { ours: 0, refused: 0 };
    for (const namespace of NAMESPACES) {
      try {
        const { hits } = await mixed.client.vector.search({ namespaces: [namespace], vector: VECTOR });
        expect(hits).toMatchObject([{ value: "ours" }]);
        namespaces.ours += 1;
      } catch (error) {
        expect(error).toMatchObject({ failure: { status: "UNAVAILABLE", reason: "NODE_MISMATCH" } });
        namespaces.refused += 1;
      }
    }
    expect(namespaces.ours).toBeGreaterThan(0);
    expect(namespaces.refused).toBeGreaterThan(0);
  });
});

it("the doctor finds the collections, whichever node it is given first", async () => {
  const coordinator = await start(...theirs);
  const collection = { name: "bits", dimension: 3, quantization: "QUANTIZATION_BINARY" } as const;
  await finished(coordinator, await coordinator.client.collection.createCollection({ collection }));
  const records = NAMESPACES.map((namespace) => ({ namespace, key: "k", vector: VECTOR }));
  await coordinator.client.vector.upsert({ collection: "bits", records });
  for (const server of theirs) await server.sql("ANALYZE");
  for (const servers of [theirs, theirs.toReversed()]) {
    const checks = checkCluster(
      await inspectCluster(loadConfig({ env: settingsOf(urlsOf(servers)) }), silentLogger),
    );
    const reported = checks.filter(({ what }) => what.endsWith(" quantization"));
    expect(reported).toMatchObject([
      {
        what: "collection bits quantization",
        verdict: "warning",
        detail: expect.stringContaining("advised half"),
      },
    ]);
  }
});

it("the doctor judges no collection by a part of its shards, and names collections as users know them", async () => {
  const doctor = async () =>
    checkCluster(await inspectCluster(loadConfig({ env: settingsOf(urlsOf(theirs)) }), silentLogger));
  const indexes = await theirs[1].sql(
    "SELECT indexrelid::regclass AS index FROM pg_index JOIN pg_class ON oid = indrelid WHERE relname ~ '^c_' AND NOT indisprimary LIMIT 1",
  );
  await theirs[1].sql(
    `UPDATE pg_index SET indisvalid = false WHERE indexrelid = '${indexes[0]?.index}'::regclass`,
  );
  expect(await doctor()).toContainEqual({
    what: `${theirs[1].host}:${theirs[1].port} indexes`,
    verdict: "failed",
    detail: expect.stringMatching(/^c_\d+_\d+ \(collection bits\): an index is not valid/),
  });
  await theirs[1].sql(
    `UPDATE pg_index SET indisvalid = true WHERE indexrelid = '${indexes[0]?.index}'::regclass`,
  );
  await theirs[1].stop();
  try {
    const checks = await doctor();
    expect(checks.filter(({ what }) => what.startsWith("collection "))).toEqual([]);
    expect(checks.filter(({ what }) => what === "parameters")).toMatchObject([
      { verdict: "warning", detail: expect.stringContaining(`${theirs[1].host}:${theirs[1].port}`) },
    ]);
  } finally {
    await theirs[1].restart();
  }
});
