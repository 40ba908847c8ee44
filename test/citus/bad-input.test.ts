import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CallError } from "../../src/client/call-error.ts";
import type { NewRecord } from "../../src/client/messages.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { f32, runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";

let cluster: CitusCluster;
let coordinator: TestCoordinator;

const good: NewRecord = { namespace: "a", key: "good", vector: f32([1, 2, 3]) };

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 1 });
  const settings = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "2",
  };
  await runMigrate(settings);
  coordinator = await startTestCoordinator(settings);
});

afterAll(async () => {
  await coordinator?.stop();
  await cluster?.stop();
});

async function refusedFields(call: Promise<unknown>) {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CallError);
  const { status, fields } = (error as CallError).failure;
  return { status, fields: fields.map(({ field }) => field) };
}

const storedRows = async () =>
  Number((await cluster.sql("SELECT count(*) AS rows FROM memory_entries"))[0]?.rows);

describe("an upsert with one bad record among good ones", () => {
  const bad: readonly (readonly [string, NewRecord, string])[] = [
    ["a vector of another dimension", { ...good, key: "b", vector: f32([1, 2]) }, "records[1].vector"],
    ["NaN", { ...good, key: "b", vector: f32([1, Number.NaN, 2]) }, "records[1].vector.f32_le"],
    [
      "infinity",
      { ...good, key: "b", vector: f32([1, Number.POSITIVE_INFINITY, 2]) },
      "records[1].vector.f32_le",
    ],
    ["a zero vector", { ...good, key: "b", vector: f32([0, 0, 0]) }, "records[1].vector"],
    [
      "7 bytes of f32_le",
      { ...good, key: "b", vector: { f32Le: new Uint8Array(7) } },
      "records[1].vector.f32_le",
    ],
    ["an empty key", { ...good, key: "" }, "records[1].key"],
    ["a key of 1,025 bytes", { ...good, key: "k".repeat(1025) }, "records[1].key"],
    ["a namespace of 256 bytes", { ...good, namespace: "n".repeat(256) }, "records[1].namespace"],
    ["a control character", { ...good, namespace: "a\u001fh03" }, "records[1].namespace"],
    ["the same key twice", good, "records[1].key"],
  ];

  it.each(bad)("refuses an upsert with %s, names the field and writes nothing", async (_, record, field) => {
    const call = coordinator.client.vector.upsert({ records: [good, record] });
    expect(await refusedFields(call)).toEqual({ status: "INVALID_ARGUMENT", fields: [field] });
    expect(await storedRows()).toBe(0);
  });
});

describe("names made of SQL", () => {
  const name = `'); DROP TABLE memory_entries; -- "$1" \\ %s`;

  it("a namespace, key, value or tag made of SQL is stored and found like any other", async () => {
    const { vector } = coordinator.client;
    await vector.upsert({
      records: [{ namespace: name, key: name, value: name, tags: [name], vector: f32([1, 2, 3]) }],
    });
    const { hits } = await vector.search({ namespaces: [name], record: { namespace: name, key: name } });
    expect(hits).toMatchObject([{ namespace: name, key: name, value: name, tags: [name] }]);
    await vector.delete({ records: [{ namespace: name, key: name }] });
    expect(await storedRows()).toBe(0);
  });

  it("refuses a collection name made of SQL", async () => {
    const call = coordinator.client.vector.search({
      collection: name,
      namespaces: ["a"],
      vector: f32([1, 2, 3]),
    });
    expect(await refusedFields(call)).toEqual({ status: "INVALID_ARGUMENT", fields: ["collection"] });
  });
});

describe("invalid searches", () => {
  const { f32Le } = f32([1, 2, 3]);

  it.each([
    ["of another dimension", { namespaces: ["a"], vector: f32([1, 2]) }, "vector"],
    ["for zeros", { namespaces: ["a"], vector: f32([0, 0, 0]) }, "vector"],
    [
      "with min_similarity over 1",
      { namespaces: ["a"], vector: { f32Le }, minSimilarity: 1.1 },
      "min_similarity",
    ],
    ["with top_k 0", { namespaces: ["a"], vector: { f32Le }, topK: 0 }, "top_k"],
    ["with top_k over the limit", { namespaces: ["a"], vector: { f32Le }, topK: 1001 }, "top_k"],
    ["of both scopes", { namespaces: ["a"], allNamespaces: true, vector: { f32Le } }, "all_namespaces"],
    ["of no scope", { vector: { f32Le } }, "namespaces"],
    [
      "of 10,000 namespaces",
      { namespaces: Array.from({ length: 10_000 }, (_, i) => `n${i}`), vector: { f32Le } },
      "namespaces",
    ],
  ])("refuses a search %s and names the field", async (_, request, field) => {
    expect(await refusedFields(coordinator.client.vector.search(request))).toEqual({
      status: "INVALID_ARGUMENT",
      fields: [field],
    });
  });

  it("a search of a collection that does not exist fails with NOT_FOUND", async () => {
    const call = coordinator.client.vector.search({
      collection: "nowhere",
      namespaces: ["a"],
      vector: { f32Le },
    });
    expect(await refusedFields(call)).toMatchObject({ status: "NOT_FOUND" });
  });
});
