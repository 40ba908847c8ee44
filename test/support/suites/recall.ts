/** Measured recall, through gRPC, on any engine. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toVector } from "../../../src/cli/values.ts";
import type { Logger } from "../../../src/lib/logger.ts";
import { clusteredVectors } from "../clustered-vectors.ts";
import { waitFor } from "../wait-for.ts";
import type { Lane, StartLane } from "./lanes.ts";

const COUNT = 1_600;
const DIMENSION = 24;
const COLLECTION = "measured";
const SETTINGS = {
  ORRERY_RECALL_LEAST_ROWS: "400",
  ORRERY_RECALL_INTERVAL_MS: "300",
  ORRERY_RECALL_CPU_SHARE: "1",
  ORRERY_QUERY_STATISTICS_INTERVAL_MS: "300",
  // All day.
  ORRERY_RECALL_WINDOW: "00:00-00:00",
};

interface Logged {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** `refreshes`: statistics can be collected at any time. */
export function testRecall(start: StartLane, { refreshes }: { readonly refreshes: boolean }): void {
  let lane: Lane;
  const logged: Logged[] = [];
  const log = (fields: object, message: string) => logged.push({ fields: { ...fields }, message });
  const logger: Logger = { debug() {}, info: log, warn: log, error: log, child: () => logger };
  const data = clusteredVectors({ count: COUNT, queryCount: 30, dimension: DIMENSION, seed: 7 });
  const records = data.vectors.map((vector, index) => ({
    namespace: `n${index % 3}`,
    key: `k${index}`,
    vector: toVector([...vector]),
  }));
  const measured = () =>
    logged.filter(({ fields, message }) => message === "recall measured" && fields.collection === COLLECTION);

  beforeAll(async () => {
    lane = await start({ env: SETTINGS, logger });
    const { client } = lane;
    await client.collection.createCollection({
      collection: {
        name: COLLECTION,
        dimension: DIMENSION,
        shardCount: 2,
        hnsw: { m: 4, efConstruction: 8 },
      },
    });
    for (let at = 0; at < COUNT; at += 400)
      await client.vector.upsert({ collection: COLLECTION, records: records.slice(at, at + 400) });
    await lane.sql?.("ANALYZE");
  }, 120_000);
  afterAll(() => lane?.stop());

  describe("measured recall", () => {
    it("the leader measures an index soon after it has enough rows, by shard and over all shards", async () => {
      const fanOuts = () => new Set(measured().map(({ fields }) => fields.fanOut));
      await waitFor(() => fanOuts().has(1) && fanOuts().has(2), {
        timeoutMs: 90_000,
        what: "the measurements",
      });
      for (const { fields } of measured()) {
        expect(fields).toMatchObject({ why: "first", queries: "stored", target: 0.95 });
        expect(fields.efSearch).toBeGreaterThanOrEqual(10);
        expect(fields.efSearch).toBeLessThanOrEqual(1_000);
        expect(fields.expected).toBeGreaterThan(0.9);
      }
    }, 100_000);

    it("MeasureRecall compares searches with exact ones, by namespace", async () => {
      const { total, namespaces, complete } = await lane.client.vector.measureRecall({
        search: { collection: COLLECTION, namespaces: ["n0", "n1", "none"], params: { efSearch: 400 } },
        samples: 20,
        maxMs: 30_000,
      });
      expect(complete).toBe(true);
      expect(namespaces.map(({ namespace, queries }) => [namespace, queries])).toEqual([
        ["n0", 20],
        ["n1", 20],
      ]);
      expect(total).toMatchObject({ namespace: "", queries: 40, shortAnswers: 0 });
      expect(total?.mean).toBeGreaterThan(0.95);
      expect(total?.minimum).toBeLessThanOrEqual(total?.p1 ?? 0);
    }, 60_000);

    it("MeasureRecall asks the queries it is given, and those of a filter, and ends when its time is up", async () => {
      const given = await lane.client.vector.measureRecall({
        search: {
          collection: COLLECTION,
          allNamespaces: true,
          topK: 5,
          params: { recallTarget: 0.9 },
          filter: { keyPrefix: "k1" },
        },
        vectors: data.queries.map((vector) => toVector([...vector])),
        maxMs: 30_000,
      });
      expect(given).toMatchObject({
        complete: true,
        total: { queries: 30, shortAnswers: 0 },
        namespaces: [],
      });
      expect(given.total?.mean).toBeGreaterThanOrEqual(0.85);
      const cut = await lane.client.vector.measureRecall({
        search: { collection: COLLECTION, allNamespaces: true },
        samples: 200,
        maxMs: 100,
      });
      expect(cut.complete).toBe(false);
    }, 60_000);

    it("MeasureRecall has nothing to say of records that are not there", async () => {
      const { total, namespaces } = await lane.client.vector.measureRecall({
        search: { collection: COLLECTION, namespaces: ["none"] },
      });
      expect(total).toBeNull();
      expect(namespaces).toEqual([]);
    });

    it.runIf(refreshes)(
      "an index is measured again when it has grown by half, by the queries of users",
      async () => {
        const { client } = lane;
        for (let at = 0; at < 4 * data.queries.length; at += 1) {
          const vector = toVector([...(data.queries[at % data.queries.length] ?? [])]);
          await client.vector.search({ collection: COLLECTION, allNamespaces: true, vector });
        }
        // Not so many that the shards are of another size class.
        const more = records
          .slice(0, 0.6 * COUNT)
          .map((record) => ({ ...record, key: `again-${record.key}` }));
        for (let at = 0; at < more.length; at += 400)
          await client.vector.upsert({ collection: COLLECTION, records: more.slice(at, at + 400) });
        await lane.sql?.("ANALYZE");
        const grown = () => measured().filter(({ fields }) => fields.why === "grown");
        await waitFor(() => grown().length > 0, { timeoutMs: 60_000, what: "another measurement" });
        for (const { fields } of grown()) expect(fields.queries).toBe("real");
      },
      90_000,
    );

    it("what was measured goes with its collection", async () => {
      const lines = async () =>
        (await lane.sql?.("SELECT collection_id, measured FROM orrery.vector_indexes"))?.flat() ?? [];
      if (lane.sql !== undefined) expect((await lines()).length).toBeGreaterThan(0);
      await lane.client.collection.deleteCollection({ name: COLLECTION });
      await waitFor(async () => (await lines()).length === 0, { what: "no measurements" });
    }, 60_000);
  });
}
