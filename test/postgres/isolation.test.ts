/** One tenant whose requests wait, for locks or without end, and what the others of its node get. */
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { type EtcdServer, startEtcd } from "../support/etcd-server.ts";
import { countEnds, endOf, NOT_APPLIED, useAll, vectorOf } from "../support/neighbours.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { waitFor } from "../support/wait-for.ts";

const NAMESPACES = Array.from({ length: 12 }, (_, i) => `ns${i}`);
const MAX_CONNECTIONS = 6;
/** Of the requests that wait: ten times the pool. */
const FLOOD = MAX_CONNECTIONS * 10;
const FLOOD_DEADLINE_MS = 6_000;
/** Others that waited for the flood would wait longer. */
const OTHERS_DEADLINE_MS = 4_000;
const LESS_THAN_LOCK_TIMEOUT_MS = 400;

let server: PostgresServer;
let etcd: EtcdServer;
let coordinator: TestCoordinator;
/** By shard table, those that are in it. */
let tables: ReadonlyMap<string, readonly string[]>;
let holder: Client | undefined;

/** Holds the locks that `text` takes until the end of the test. */
async function hold(text: string): Promise<void> {
  holder = new Client({ connectionString: server.adminUrl });
  await holder.connect();
  await holder.query("BEGIN");
  await holder.query(text);
}

const client = () => coordinator.client;

beforeAll(async () => {
  [server, etcd] = await Promise.all([startPostgres(), startEtcd()]);
  const env = {
    ORRERY_ENGINE: "postgres",
    ORRERY_POSTGRES_URLS: server.url(),
    ORRERY_ETCD_ENDPOINTS: etcd.endpoints.join(","),
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "4",
    ORRERY_POOL_MAX: `${MAX_CONNECTIONS}`,
  };
  await runMigrate(env);
  coordinator = await startTestCoordinator(env);
  const records = NAMESPACES.flatMap((namespace) =>
    Array.from({ length: 20 }, (_, i) => ({ namespace, key: `k${i}`, value: "v", vector: vectorOf(i) })),
  );
  await client().vector.upsert({ records });
  const found = new Map<string, string[]>();
  const relations = await server.sql(
    "SELECT oid::regclass::text AS name FROM pg_class WHERE relnamespace = 'orrery_data'::regnamespace AND relkind = 'r'",
  );
  for (const { name } of relations) {
    const rows = await server.sql(`SELECT DISTINCT namespace FROM ${name}`);
    found.set(
      name,
      rows.map(({ namespace }) => namespace),
    );
  }
  tables = found;
});

afterEach(async () => {
  await holder?.end();
  holder = undefined;
});

afterAll(async () => {
  await coordinator?.stop();
  await Promise.all([server?.stop(), etcd?.stop()]);
});

/** A shard table with its namespaces, and the namespaces of all others. */
function oneShard() {
  const [[table, inside] = ["", []]] = [...tables].filter(([, names]) => names.length > 1);
  return { table, inside, outside: NAMESPACES.filter((name) => !inside.includes(name)) };
}

it("writes of rows that somebody has locked take no connection from others, and say that nothing was written", async () => {
  const { table, inside, outside } = oneShard();
  const [victim = ""] = inside;
  await hold(`SELECT FROM ${table} WHERE namespace = '${victim}' FOR UPDATE`);
  const flood = Array.from({ length: FLOOD }, (_, i) =>
    endOf(
      client().vector.upsert(
        { records: [{ namespace: victim, key: `k${i % 20}`, value: "flood", vector: vectorOf(i) }] },
        { deadlineMs: FLOOD_DEADLINE_MS },
      ),
    ),
  );
  await waitFor(async () => ((await coordinator.series()).get(waitingWrites()) ?? 0) > 0, {
    what: "writes in the queue",
  });
  await useAll(client(), [...outside, ...inside.filter((name) => name !== victim)], {
    rounds: 3,
    deadlineMs: OTHERS_DEADLINE_MS,
  });
  const ends = countEnds(await Promise.all(flood));
  expect(NOT_APPLIED).toEqual(expect.arrayContaining(Object.keys(ends)));
  expect(ends.LOCK_TIMEOUT).toBeGreaterThan(0);
  expect(await server.sql(`SELECT FROM ${table} WHERE value = 'flood'`)).toEqual([]);
});

it("reads of a shard that somebody has locked take no connection from others", async () => {
  const { table, inside, outside } = oneShard();
  await hold(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  const flood = Array.from({ length: FLOOD }, (_, i) =>
    endOf(
      client().vector.search(
        i % 4 === 0
          ? { allNamespaces: true, vector: vectorOf(i) }
          : { namespaces: [inside[i % inside.length] ?? ""], vector: vectorOf(i) },
        { deadlineMs: FLOOD_DEADLINE_MS },
      ),
    ),
  );
  await useAll(client(), outside, { rounds: 3, deadlineMs: OTHERS_DEADLINE_MS });
  const ends = countEnds(await Promise.all(flood));
  expect(NOT_APPLIED).toEqual(expect.arrayContaining(Object.keys(ends)));
  expect(ends.LOCK_TIMEOUT).toBeGreaterThan(0);
});

it("a write that is locked only for a while is applied within its deadline", async () => {
  const { table, inside } = oneShard();
  const [victim = ""] = inside;
  await hold(`SELECT FROM ${table} WHERE namespace = '${victim}' FOR UPDATE`);
  const records = [{ namespace: victim, key: "k1", value: "late", vector: vectorOf(1) }];
  const written = endOf(client().vector.upsert({ records }, { deadlineMs: 10_000 }));
  const timedOut = 'orrery_statement_errors_total{kind="write",group="1",code="LOCK_TIMEOUT"}';
  const before = (await coordinator.series()).get(timedOut) ?? 0;
  await waitFor(async () => ((await coordinator.series()).get(timedOut) ?? 0) > before, {
    what: "a first attempt to end",
  });
  await holder?.query("COMMIT");
  expect(await written).toBe("ok");
  expect(await server.sql(`SELECT key FROM ${table} WHERE value = 'late'`)).toEqual([{ key: "k1" }]);
});

it("a write with less time than the limit for locks knows at its end that nothing was written", async () => {
  const { table, inside } = oneShard();
  const [victim = ""] = inside;
  await hold(`SELECT FROM ${table} WHERE namespace = '${victim}' FOR UPDATE`);
  const records = [{ namespace: victim, key: "k2", value: "short", vector: vectorOf(2) }];
  // A busy machine may take longer than is reserved for the answer, so it has some tries.
  for (const write of ["upsert", "delete"] as const) {
    const end = () => endOf(client().vector[write]({ records }, { deadlineMs: LESS_THAN_LOCK_TIMEOUT_MS }));
    await waitFor(async () => (await end()) === "LOCK_TIMEOUT", { what: `the end of ${write}` });
  }
  await holder?.query("COMMIT");
  expect(await server.sql(`SELECT FROM ${table} WHERE value = 'short'`)).toEqual([]);
  expect(await endOf(client().vector.upsert({ records }))).toBe("ok");
});

function waitingWrites(): string {
  return `orrery_pool_waiting{node="${server.host}:${server.port}",kind="write"}`;
}
