/** Shards of the widest vectors, which lie beside their rows, move while they are searched. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bruteForce, expectSameHits } from "../support/brute-force.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { clusteredVectors } from "../support/clustered-vectors.ts";
import { f32, runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { finished } from "../support/finished.ts";
import { expectNothingLeft } from "../support/leftovers.ts";
import { placementOf } from "../support/placements.ts";

const KINDS = [
  { name: "half", dimension: 4_000, quantization: "QUANTIZATION_HALF" },
  { name: "binary", dimension: 16_000, quantization: "QUANTIZATION_BINARY" },
] as const;
const NAMESPACE = "ns";

let cluster: CitusCluster;
let coordinator: TestCoordinator;

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 2 });
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

describe.each(KINDS)("a collection of $dimension dimensions, $name", ({ name, dimension, quantization }) => {
  const { vectors, queries } = clusteredVectors({ count: 60, queryCount: 4, dimension, seed: 6 });
  const records = vectors.map((vector, i) => ({ namespace: NAMESPACE, key: `k${i}`, vector }));

  const upsert = (some: typeof records) =>
    coordinator.client.vector.upsert({
      collection: name,
      records: some.map((record) => ({ ...record, vector: f32(record.vector) })),
    });

  const placement = async () => {
    const [row] = await cluster.sql("SELECT table_name FROM orrery.collections WHERE name = $1", [name]);
    return placementOf(cluster, NAMESPACE, String(row?.table_name));
  };

  /** The right answer, however its shard is searched. */
  const search = async (query: Float32Array, params: object, known: typeof records) => {
    const { hits, completeness } = await coordinator.client.vector.search({
      collection: name,
      namespaces: [NAMESPACE],
      vector: f32(query),
      topK: 5,
      params,
    });
    expect(completeness?.failures).toEqual([]);
    expectSameHits(hits, bruteForce(known, query, 5), 1e-5);
  };

  it("is searched rightly before, while and after its shard moves, by comparison and through the index", async () => {
    const settings = { name, dimension, quantization, shardCount: 2 };
    await finished(
      coordinator,
      await coordinator.client.collection.createCollection({ collection: settings }),
    );
    const last = records.length - 5;
    for (let at = 0; at < last; at += 10) await upsert(records.slice(at, Math.min(at + 10, last)));
    let known = records.slice(0, last);
    const all = async () => {
      for (const query of queries) {
        await search(query, { exact: true }, known);
        await search(query, { efSearch: 200 }, known);
      }
    };
    await all();

    const { shardId, node } = await placement();
    const targetNode = cluster.nodes.slice(1).find((other) => other.name !== node)?.name ?? "";
    const started = await coordinator.client.cluster.moveShard({ shardId, targetNode });
    let rounds = 0;
    for (let ended = false; !ended; rounds += 1) {
      await all();
      if (known.length < records.length) {
        await upsert([records[known.length] as (typeof records)[number]]);
        known = records.slice(0, known.length + 1);
      }
      ended = (await coordinator.client.operation.getOperation({ id: started.id })).endTime !== null;
    }
    expect(await finished(coordinator, started)).toMatchObject({ state: "OPERATION_STATE_DONE" });
    expect((await placement()).node).toBe(targetNode);
    expect(rounds).toBeGreaterThan(0);
    await all();
    await expectNothingLeft(cluster);
  });
});
