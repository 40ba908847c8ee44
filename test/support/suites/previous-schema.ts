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
      const get = (name: string) => client.collection.getCollection({ name });

      expect(await create("kept")).toMatchObject({ state: "OPERATION_STATE_DONE" });
      expect(await create("dropped")).toMatchObject({ state: "OPERATION_STATE_DONE" });
      const dropped = await client.collection.deleteCollection({ name: "dropped" });
      expect(await finished(coordinator, dropped)).toMatchObject({ state: "OPERATION_STATE_DONE" });
      const indexed = { filterIndexes: [{ fields: [{ path: "a", type: "FIELD_TYPE_STRING" } as const] }] };
      expect((await create("indexed", indexed)).error?.message).toContain("orrery migrate");
      await write("kept", "before");
      expect(await found("kept", "before")).toEqual(["before"]);

      expect(await runMigrate(settings)).toEqual([`applied version ${knownSchema(engine)}`]);
      expect((await get("kept")).lacks).toEqual(
        expect.arrayContaining(["index on metadata", "index on tags", "index on created_at"]),
      );
      await write("kept", "between");
      const updating = await client.collection.updateCollection({ name: "kept", complete: true });
      expect(await finished(coordinator, updating)).toMatchObject({ state: "OPERATION_STATE_DONE" });
      expect(await get("kept")).toMatchObject({ lacks: ["vectors in the rows themselves"] });
      await write("kept", "after");
      for (const key of ["before", "between", "after"]) expect(await found("kept", key)).toEqual([key]);
      expect(await create("indexed", indexed)).toMatchObject({ state: "OPERATION_STATE_DONE" });
      expect(await get("indexed")).toMatchObject({ lacks: [], inlineVectors: true });
    } finally {
      await coordinator.stop();
    }
  });
}
