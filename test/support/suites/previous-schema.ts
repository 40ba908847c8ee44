/** A coordinator on servers of the schema before its own, before and after they are migrated. */
import { expect, it } from "vitest";
import { toStruct, toVector } from "../../../src/cli/values.ts";
import { knownSchema } from "../../../src/engines/read-migrations.ts";
import type { CollectionInit } from "../../../src/proto/generated/orrery/v1/Collection.ts";
import { runMigrate, type TestCoordinator } from "../coordinator.ts";
import { finished } from "../finished.ts";
import type { PostgresServer } from "../postgres-server.ts";
import { toPreviousSchema } from "../previous-schema.ts";
import { reasons } from "./record-calls.ts";

export interface MigratedLane {
  readonly engine: "citus" | "postgres";
  readonly settings: Readonly<Record<string, string>>;
  /** Those whose schema is changed by itself. */
  readonly servers: readonly PostgresServer[];
  /** Starts a coordinator. */
  start(): Promise<TestCoordinator>;
}

const vector = toVector([1, 2, 3]);
/** Dimensions with which a row has no room for its vector beside it, unless told otherwise. */
const WIDE = 600;

export function testPreviousSchema(lane: () => MigratedLane): void {
  it("a coordinator on the schema before serves and makes collections as that has them; once migrated they say what they lack, and get it", async () => {
    const { engine, settings, servers, start } = lane();
    for (const server of servers) for (const text of toPreviousSchema(engine)) await server.sql(text);
    const coordinator = await start();
    try {
      const { client } = coordinator;
      const create = async (name: string, more: CollectionInit = {}) => {
        const collection = { name, dimension: 3, shardCount: 4, ...more };
        return finished(coordinator, await client.collection.createCollection({ collection }));
      };
      const write = async (collection: string, key: string) => {
        const records = [{ namespace: "n", key, metadata: toStruct({ a: key }), tags: ["t"], vector }];
        expect(reasons((await client.vector.upsert({ collection, records })).results)).toEqual([undefined]);
      };
      const found = async (collection: string, key: string) => {
        const filter = { compare: { path: "a", op: "COMPARE_OP_EQ", value: { stringValue: key } } } as const;
        const { hits } = await client.vector.search({
          collection,
          namespaces: ["n"],
          vector,
          topK: 5,
          filter,
        });
        return hits.map((hit) => hit.key);
      };
      /** Of the vectors of a collection as they are stored. */
      const sizes = async (name: string) => {
        const found = await Promise.all(
          servers.map(async (server) => {
            const rows = await server.sql(
              engine === "citus"
                ? `SELECT 'public.' || table_name AS name FROM orrery.collections WHERE name = '${name}'`
                : `SELECT 'orrery_data.' || tablename AS name FROM pg_tables t, pg_attribute a WHERE schemaname = 'orrery_data'
                   AND attrelid = ('orrery_data.' || tablename)::regclass AND attname = 'embedding' AND atttypmod = ${WIDE}`,
            );
            const bytes = await Promise.all(
              rows.map((row) =>
                server.sql(`SELECT DISTINCT pg_column_size(embedding) AS bytes FROM ${row.name}`),
              ),
            );
            return bytes.flat().map((row) => Number(row.bytes));
          }),
        );
        return [...new Set(found.flat())];
      };
      const get = (name: string) => client.collection.getCollection({ name });

      expect(await create("kept")).toMatchObject({ state: "OPERATION_STATE_DONE" });
      expect(await create("dropped")).toMatchObject({ state: "OPERATION_STATE_DONE" });
      const dropped = await client.collection.deleteCollection({ name: "dropped" });
      expect(await finished(coordinator, dropped)).toMatchObject({ state: "OPERATION_STATE_DONE" });
      const indexed = { filterIndexes: [{ fields: [{ path: "a", type: "FIELD_TYPE_STRING" } as const] }] };
      expect((await create("indexed", indexed)).error?.message).toContain("orrery migrate");
      await write("kept", "before");
      expect(await create("wide", { dimension: WIDE })).toMatchObject({ state: "OPERATION_STATE_DONE" });
      const wide = Array.from({ length: 120 }, (_, i) => ({
        namespace: `n${i % 9}`,
        key: `k${i}`,
        metadata: toStruct({ text: "x".repeat(i * 10) }),
        vector: toVector(Array.from({ length: WIDE }, (__, at) => Math.sin(i * WIDE + at))),
      }));
      expect(reasons((await client.vector.upsert({ collection: "wide", records: wide })).results)).toEqual(
        wide.map(() => undefined),
      );
      const stored = async () => {
        const records = wide.map(({ namespace, key }) => ({ namespace, key }));
        const request = { collection: "wide", records, includeVector: true };
        return (await client.vector.get(request)).records;
      };
      const asWritten = await stored();
      expect(await sizes("wide")).toEqual([4 * WIDE + 4]);
      expect(await found("kept", "before")).toEqual(["before"]);

      expect(await runMigrate(settings)).toEqual([`applied version ${knownSchema(engine)}`]);
      expect((await get("kept")).lacks).toEqual(
        expect.arrayContaining(["index on metadata", "index on tags", "index on created_at"]),
      );
      await write("kept", "between");
      const updating = await client.collection.updateCollection({ name: "kept", complete: true });
      expect(await finished(coordinator, updating)).toMatchObject({ state: "OPERATION_STATE_DONE" });
      expect(await get("kept")).toMatchObject({ lacks: [], inlineVectors: true });
      await write("kept", "after");
      const rewriting = await client.collection.updateCollection({ name: "wide", complete: true });
      expect(await finished(coordinator, rewriting)).toMatchObject({ state: "OPERATION_STATE_DONE" });
      expect(await sizes("wide")).toEqual([4 * WIDE + 8]);
      expect(await stored()).toEqual(asWritten);
      for (const record of wide.slice(0, 5)) {
        const { namespace, vector: like } = record;
        const request = { collection: "wide", namespaces: [namespace], vector: like, topK: 1 };
        expect((await client.vector.search(request)).hits[0]?.key).toBe(record.key);
      }
      for (const key of ["before", "between", "after"]) expect(await found("kept", key)).toEqual([key]);
      expect(await create("indexed", indexed)).toMatchObject({ state: "OPERATION_STATE_DONE" });
      expect(await get("indexed")).toMatchObject({ lacks: [], inlineVectors: true });
    } finally {
      await coordinator.stop();
    }
  });
}
