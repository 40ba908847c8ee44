/**
 * Searches, gets and lists of records that are too large to be read with every row, over real servers. The
 * coordinator is given so little that a kilobyte is large.
 */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { f32, runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { waitFor } from "../support/wait-for.ts";

const KB = 1024;
/** Only the statement of payload by key has this. */
const PAYLOAD_STATEMENT = "<=> $1::vector AS distance, namespace, key, 0 AS rank, value, array_to_json";
const KEYS = Array.from({ length: 40 }, (_, index) => `k${String(index).padStart(2, "0")}`);
const NAMESPACES = ["a", "b", "c", "d"];

let server: PostgresServer;
let proxy: TcpProxy;
let coordinator: TestCoordinator;

/** The higher its number, the farther from [1, 0, 0]. */
const vectorOf = (index: number) => f32([1, index / 100, 0]);
const textOf = (namespace: string, key: string, bytes: number) => `${namespace}/${key} `.padEnd(bytes, "x");

interface Written {
  readonly namespace: string;
  readonly bytes: (index: number) => number;
}

async function write({ namespace, bytes }: Written): Promise<void> {
  const records = KEYS.map((key, index) => ({
    namespace,
    key,
    value: textOf(namespace, key, bytes(index)),
    metadata: { fields: { n: { numberValue: index } } },
    tags: [key],
    vector: vectorOf(index),
  }));
  for (let at = 0; at < records.length; at += 8)
    await coordinator.client.vector.upsert({ records: records.slice(at, at + 8) });
}

const search = (more: object = {}) =>
  coordinator.client.vector.search({ namespaces: ["a"], vector: vectorOf(0), topK: 20, ...more });

const payloadReads = async () => (await coordinator.series()).get("orrery_search_payload_reads_total");

beforeAll(async () => {
  server = await startPostgres({ database: "orrery" });
  proxy = await startTcpProxy({ target: server });
  const env = {
    ORRERY_ENGINE: "postgres",
    ORRERY_POSTGRES_URLS: `postgres://postgres@${proxy.host}:${proxy.port}/orrery`,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "8",
    // 6.4 MiB for requests, so 100 KiB of payload with the rows of a search.
    ORRERY_MEMORY_LIMIT: "32MB",
    ORRERY_RPC_MAX_MESSAGE_BYTES: String(KB * KB),
    ORRERY_LIMITS_PAGE_BYTES: String(100 * KB),
  };
  await runMigrate(env);
  coordinator = await startTestCoordinator(env);
});

afterEach(async () => {
  for (const namespace of NAMESPACES) await removeAll(namespace);
});

afterAll(async () => {
  await coordinator?.stop();
  await proxy?.close();
  await server?.stop();
});

async function removeAll(namespace: string): Promise<void> {
  await coordinator.client.vector.delete({ records: KEYS.map((key) => ({ namespace, key })) });
}

/**
 * Does `change` between the two reads of a search. Each time with other columns: a statement that is prepared
 * already is sent without its text.
 */
async function changedBetween(change: () => Promise<unknown>, more: object = {}) {
  const hold = proxy.hold(PAYLOAD_STATEMENT);
  try {
    const searching = search(more);
    await waitFor(() => hold.held() > 0, { what: "the read of the payload" });
    await change();
    hold.release();
    return await searching;
  } catch (error) {
    hold.release();
    throw error;
  }
}

it("a search whose values are small is one statement, and of any other the large values are read by key", async () => {
  await write({ namespace: "a", bytes: () => 1000 });
  const before = (await payloadReads()) ?? 0;
  expect((await search()).hits.map(({ value }) => value?.length)).toEqual(
    Array.from({ length: 20 }, () => 1000),
  );
  expect(await payloadReads()).toBe(before);
  // Of 20 rows each may carry 5 KB.
  await write({ namespace: "a", bytes: (index) => (index % 2 === 0 ? 1000 : 20 * KB) });
  const { hits } = await search({ includeMetadata: true, includeVector: true });
  expect(await payloadReads()).toBe(before + 1);
  for (const [index, hit] of hits.entries()) {
    const key = KEYS[index] as string;
    expect(hit).toMatchObject({
      namespace: "a",
      key,
      value: textOf("a", key, index % 2 === 0 ? 1000 : 20 * KB),
      tags: [key],
      metadata: { fields: { n: { numberValue: index } } },
    });
    expect(hit.vector?.f32Le).toHaveLength(12);
  }
});

it("a search of many shards has the same hits in the same order, whatever the size of their values", async () => {
  for (const namespace of NAMESPACES) await write({ namespace, bytes: () => 10 });
  const wanted = { namespaces: [], allNamespaces: true, topK: 30 };
  const names = ({ hits }: Awaited<ReturnType<typeof search>>) =>
    hits.map(({ namespace, key, similarity }) => ({ namespace, key, similarity }));
  const small = names(await search(wanted));
  for (const namespace of NAMESPACES) await write({ namespace, bytes: (index) => (index % 3) * 9 * KB + 10 });
  const large = await search(wanted);
  expect(names(large)).toEqual(small);
  for (const { namespace, key, value } of large.hits) {
    expect(value).toBe(textOf(namespace, key, (KEYS.indexOf(key) % 3) * 9 * KB + 10));
  }
});

it("a record that is deleted while its payload is read is left out, and no other takes its payload", async () => {
  await write({ namespace: "a", bytes: () => 20 * KB });
  const { hits } = await changedBetween(() =>
    coordinator.client.vector.delete({ records: [{ namespace: "a", key: "k01" }] }),
  );
  expect(hits.map(({ key }) => key)).toEqual(KEYS.slice(0, 20).filter((key) => key !== "k01"));
  for (const { key, value } of hits) expect(value).toBe(textOf("a", key, 20 * KB));
});

it("a record that is changed while its payload is read shows the new one, where its new similarity puts it", async () => {
  await write({ namespace: "a", bytes: () => 20 * KB });
  const changed = { namespace: "a", key: "k00", value: "changed", tags: [], vector: f32([1, 0.105, 0]) };
  const { hits } = await changedBetween(() => coordinator.client.vector.upsert({ records: [changed] }), {
    includeMetadata: true,
  });
  expect(hits.slice(0, 12).map(({ key }) => key)).toEqual([...KEYS.slice(1, 11), "k00", "k11"]);
  const similarity = 1 / Math.hypot(1, 0.105);
  expect(hits[10]).toMatchObject({ value: "changed", similarity: expect.closeTo(similarity, 6) });
});

it("a record that is changed until it is no hit any more is left out", async () => {
  await write({ namespace: "a", bytes: () => 20 * KB });
  const changed = { namespace: "a", key: "k00", value: "changed", tags: [], vector: f32([-1, 0, 0]) };
  const { hits } = await changedBetween(() => coordinator.client.vector.upsert({ records: [changed] }), {
    minSimilarity: 0.5,
    includeVector: true,
  });
  expect(hits.map(({ key }) => key)).toEqual(KEYS.slice(1, 20));
});

it("a search whose answer would be larger than a message is refused before its values are read", async () => {
  await write({ namespace: "a", bytes: () => 60 * KB });
  const before = (await payloadReads()) ?? 0;
  await expect(search()).rejects.toMatchObject({
    failure: {
      status: "RESOURCE_EXHAUSTED",
      reason: "TOO_LARGE",
      message: expect.stringMatching(/12\d{5} bytes or more, at most 1048576 .*rpc\.maxMessageBytes/),
    },
  });
  expect(await payloadReads()).toBe(before);
  expect((await search({ topK: 15 })).hits).toHaveLength(15);
});

it("of a batch those searches are refused for which there is no room, each by name", async () => {
  await write({ namespace: "a", bytes: () => 60 * KB });
  const request = { namespaces: ["a"], vector: vectorOf(0), topK: 7 };
  const { results } = await coordinator.client.vector.searchBatch({ requests: [request, request, request] });
  const found = results.filter(({ response }) => response !== null && response !== undefined);
  expect(found).toHaveLength(2);
  for (const { response } of found) expect(response?.hits).toHaveLength(7);
  const refused = results.filter(({ error }) => error !== null && error !== undefined);
  expect(refused).toMatchObject([{ error: { message: expect.stringMatching(/rpc\.maxMessageBytes/) } }]);
});

it("a get of more than a message holds is refused by name, however its records are spread", async () => {
  for (const namespace of NAMESPACES) await write({ namespace, bytes: () => 20 * KB });
  const records = NAMESPACES.flatMap((namespace) => KEYS.map((key) => ({ namespace, key })));
  await expect(coordinator.client.vector.get({ records })).rejects.toMatchObject({
    failure: { reason: "TOO_LARGE", message: expect.stringMatching(/rpc\.maxMessageBytes/) },
  });
  const some = await coordinator.client.vector.get({ records: records.slice(30, 70) });
  expect(some.records.map(({ key, namespace }) => ({ namespace, key }))).toEqual(records.slice(30, 70));
});

it("pages of a list end before their bytes, and together have every record once", async () => {
  await write({ namespace: "a", bytes: (index) => (index % 5) * 30 * KB });
  const keys: string[] = [];
  let pages = 0;
  for (let pageToken = ""; ; ) {
    const page = await coordinator.client.vector.list({ namespace: "a", pageSize: 1000, pageToken });
    pages += 1;
    keys.push(...page.records.map(({ key }) => key));
    const bytes = page.records.reduce((sum, { value }) => sum + (value ?? "").length, 0);
    if (page.records.length > 1) expect(bytes).toBeLessThanOrEqual(100 * KB);
    for (const { key, value } of page.records)
      expect(value).toBe(textOf("a", key, (KEYS.indexOf(key) % 5) * 30 * KB));
    pageToken = page.nextPageToken;
    if (pageToken === "") break;
  }
  expect(keys).toEqual(KEYS);
  expect(pages).toBeGreaterThan(20);
});

it("pages of a list end in time where metadata is larger as a message than it is stored", async () => {
  const numbers = { listValue: { values: Array.from({ length: 4000 }, () => ({ numberValue: 1 })) } };
  const records = KEYS.map((key) => ({
    namespace: "a",
    key,
    metadata: { fields: { numbers } },
    vector: vectorOf(1),
  }));
  // As JSON each takes 12 KB, as a message 44 KB.
  for (let at = 0; at < records.length; at += 10)
    await coordinator.client.vector.upsert({ records: records.slice(at, at + 10) });
  const keys: string[] = [];
  for (let pageToken = ""; ; ) {
    const page = await coordinator.client.vector.list({ namespace: "a", pageSize: 1000, pageToken });
    expect(page.records.length).toBeLessThanOrEqual(2);
    keys.push(...page.records.map(({ key }) => key));
    pageToken = page.nextPageToken;
    if (pageToken === "") break;
  }
  expect(keys).toEqual(KEYS);
});

it("a list is refused by name only where one record alone is larger than a message", async () => {
  await write({ namespace: "a", bytes: () => 10 });
  // Clients cannot write it: it is larger than a message.
  const tables = await server.sql(
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE tablename LIKE 'memory_entries%'",
  );
  for (const { name } of tables)
    await server.sql(`UPDATE ${name} SET value = repeat('x', 2000000) WHERE namespace = 'a' AND key = 'k05'`);
  const list = (pageToken: string) =>
    coordinator.client.vector.list({ namespace: "a", pageSize: 1000, pageToken });
  const { records, nextPageToken } = await list("");
  expect(records.map(({ key }) => key)).toEqual(KEYS.slice(0, 5));
  await expect(list(nextPageToken)).rejects.toMatchObject({
    failure: { reason: "TOO_LARGE", message: expect.stringMatching(/rpc\.maxMessageBytes/) },
  });
});
