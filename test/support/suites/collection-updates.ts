/** Changes of collections that are there, on real servers, while requests go on. */
import pg from "pg";
import { beforeAll, describe, expect, it } from "vitest";
import type { FilterIndexInit } from "../../../src/proto/generated/orrery/v1/FilterIndex.ts";
import type { UpdateCollectionRequestInit } from "../../../src/proto/generated/orrery/v1/UpdateCollectionRequest.ts";
import { f32 } from "../coordinator.ts";
import { finished } from "../finished.ts";
import { seesShards } from "../sees-shards.ts";
import { waitFor } from "../wait-for.ts";
import type { FilterIndexLane } from "./filter-indexes.ts";

const NAME = "changing";
const YEAR: FilterIndexInit = { fields: [{ path: "year", type: "FIELD_TYPE_NUMBER" }] };
const NAMED: FilterIndexInit = { name: 'it\'s "odd"', fields: [{ path: "a.b", type: "FIELD_TYPE_STRING" }] };

export function testCollectionUpdates(lane: () => Omit<FilterIndexLane, "writeRelation">): void {
  const client = () => lane().coordinator.client;
  const update = async (change: UpdateCollectionRequestInit) =>
    finished(lane().coordinator, await client().collection.updateCollection({ name: NAME, ...change }));
  const get = () => client().collection.getCollection({ name: NAME });
  /** Of all shards, sorted. */
  const indexes = async () => {
    const { shards } = await client().cluster.getShardMap({});
    const ids = shards.filter(({ collection }) => collection === NAME).map(({ id }) => id);
    const found = await Promise.all(
      lane().servers.map((server) =>
        seesShards(server, async (session) => {
          const { rows } = await session.query(
            `SELECT pg_get_indexdef(x.indexrelid) AS definition, indisvalid AS valid FROM pg_index x
             JOIN pg_class t ON t.oid = x.indrelid WHERE t.relname ~ $1`,
            [`^c_\\d+_(${ids.join("|")})$`],
          );
          return rows as { readonly definition: string; readonly valid: boolean }[];
        }),
      ),
    );
    return found.flat();
  };
  const onYear = async () => (await indexes()).filter(({ definition }) => definition.includes("'year'"));
  /** Whoever builds an index concurrently waits for older snapshots. */
  const holdSnapshots = async () => {
    const sessions = await Promise.all(
      // On Citus its coordinator node would wait first, before any shard has the index.
      lane()
        .servers.slice(-2)
        .map(async ({ adminUrl }) => {
          const session = new pg.Client({ connectionString: adminUrl });
          session.on("error", () => {});
          await session.connect();
          await session.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
          await session.query("SELECT 1");
          return session;
        }),
    );
    return () => Promise.all(sessions.map((session) => session.end()));
  };

  describe("changes of a collection that is there", () => {
    beforeAll(async () => {
      const made = await client().collection.createCollection({
        collection: { name: NAME, dimension: 3, shardCount: 4 },
      });
      expect(await finished(lane().coordinator, made)).toMatchObject({ state: "OPERATION_STATE_DONE" });
      const records = Array.from({ length: 200 }, (_, i) => ({
        namespace: `n${i % 20}`,
        key: `k${i}`,
        vector: f32([1, 2, i]),
        metadata: { fields: { year: { numberValue: i } } },
      }));
      await client().vector.upsert({ collection: NAME, records });
    });

    it("add filter indexes and a recall target, which the collection then says, and drop them again", async () => {
      expect(await update({ addFilterIndexes: [YEAR, NAMED], recallTarget: 0.9 })).toMatchObject({
        state: "OPERATION_STATE_DONE",
        fraction: 1,
      });
      const shown = await get();
      expect(shown).toMatchObject({ recallTarget: 0.9, lacks: [] });
      expect(shown.filterIndexes.map(({ name }) => name)).toEqual(["year", NAMED.name]);
      expect(await onYear()).toHaveLength(4);
      expect((await indexes()).every(({ valid }) => valid)).toBe(true);
      const filter = { compare: { path: "year", op: "COMPARE_OP_LT", value: { numberValue: 50 } } } as const;
      expect(await client().vector.count({ collection: NAME, namespaces: ["n1"], filter })).toMatchObject({
        count: "3",
      });

      expect(await update({ addFilterIndexes: [YEAR] })).toMatchObject({ state: "OPERATION_STATE_DONE" });
      expect(await update({ dropFilterIndexes: ["year"] })).toMatchObject({ state: "OPERATION_STATE_DONE" });
      expect((await get()).filterIndexes.map(({ name }) => name)).toEqual([NAMED.name]);
      expect(await onYear()).toHaveLength(0);
      expect(await get()).toMatchObject({ recallTarget: 0.9 });
      expect(await client().vector.count({ collection: NAME, namespaces: ["n1"], filter })).toMatchObject({
        count: "3",
      });
    });

    it("are refused by the name of the field when they make no sense", async () => {
      const refused = (change: UpdateCollectionRequestInit, field: string) =>
        expect(client().collection.updateCollection({ name: NAME, ...change })).rejects.toMatchObject({
          failure: { reason: "INVALID_REQUEST", fields: [{ field }] },
        });
      await refused({ dropFilterIndexes: ["none"] }, "drop_filter_indexes[0]");
      await refused({ recallTarget: 0.4 }, "recall_target");
      await refused({ addFilterIndexes: [{ fields: [] }] }, "add_filter_indexes[0].fields");
      await refused(
        { addFilterIndexes: [{ ...NAMED, fields: [{ path: "c", type: "FIELD_TYPE_STRING" }] }] },
        "add_filter_indexes[0].name",
      );
    });

    it("cancelled while they build leave nothing behind, and searches and writes go on meanwhile", async () => {
      const release = await holdSnapshots();
      let id: string;
      try {
        ({ id } = await client().collection.updateCollection({ name: NAME, addFilterIndexes: [YEAR] }));
        await waitFor(async () => (await onYear()).some(({ valid }) => !valid), {
          what: "a build",
          timeoutMs: 60_000,
        });
        const record = { namespace: "n1", key: "meanwhile", vector: f32([1, 1, 1]) };
        const { results } = await client().vector.upsert({ collection: NAME, records: [record] });
        expect(results[0]?.status?.code).toBe(0);
        const { hits } = await client().vector.search({
          collection: NAME,
          namespaces: ["n1"],
          vector: f32([1, 1, 1]),
          topK: 1,
        });
        expect(hits[0]?.key).toBe("meanwhile");
        await expect(
          client().collection.updateCollection({ name: NAME, recallTarget: 0.8 }),
        ).rejects.toMatchObject({ failure: { reason: "OPERATION_CONFLICT" } });
        await client().operation.cancelOperation({ id });
      } finally {
        await release();
      }
      expect(await finished(lane().coordinator, { id })).toMatchObject({
        state: "OPERATION_STATE_CANCELLED",
      });
      expect(await onYear()).toHaveLength(0);
      expect((await get()).filterIndexes.map(({ name }) => name)).toEqual([NAMED.name]);
    });

    it("begin anew what an earlier build left half done", async () => {
      const release = await holdSnapshots();
      const { id } = await client().collection.updateCollection({ name: NAME, addFilterIndexes: [YEAR] });
      await waitFor(async () => (await onYear()).some(({ valid }) => !valid), {
        what: "a build",
        timeoutMs: 60_000,
      });
      const builds = () =>
        Promise.all(
          lane().servers.map((server) =>
            server.sql(
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%' AND state = 'active'",
            ),
          ),
        );
      await builds();
      await release();
      expect(await finished(lane().coordinator, { id })).toMatchObject({ state: "OPERATION_STATE_DONE" });
      const built = await onYear();
      expect(built).toHaveLength(4);
      expect(built.every(({ valid }) => valid)).toBe(true);
      expect(await update({ dropFilterIndexes: ["year"] })).toMatchObject({ state: "OPERATION_STATE_DONE" });
    });
  });
}
