/** A coordinator on servers of the schema before its own, before and after they are migrated. */
import { expect, it } from "vitest";
import { toStruct, toVector } from "../../../src/cli/values.ts";
import { knownSchema } from "../../../src/engines/read-migrations.ts";
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
  it("a coordinator on the schema before writes absent fields as empty; once migrated they are absent, and all collections have views", async () => {
    const { engine, settings, servers, start } = lane();
    for (const server of servers) for (const text of toPreviousSchema(engine)) await server.sql(text);
    const coordinator = await start();
    try {
      const { client } = coordinator;
      const create = async (name: string) => {
        const collection = { name, dimension: 3, shardCount: 4 };
        const made = await client.collection.createCollection({ collection });
        expect(await finished(coordinator, made)).toMatchObject({ state: "OPERATION_STATE_DONE" });
      };
      const write = async (key: string) => {
        const { results } = await client.vector.upsert({
          records: [
            { namespace: "n", key, vector },
            { namespace: "n", key: `${key} full`, value: "v", metadata: toStruct({ a: 1 }), vector },
          ],
        });
        expect(reasons(results)).toEqual([undefined, undefined]);
      };
      const read = async (key: string) => {
        const { records } = await client.vector.get({ records: [{ namespace: "n", key }] });
        return records.map(({ value, metadata }) => ({ value, metadata }));
      };
      await create("kept");
      await create("dropped");
      const dropped = await client.collection.deleteCollection({ name: "dropped" });
      expect(await finished(coordinator, dropped)).toMatchObject({ state: "OPERATION_STATE_DONE" });
      await write("before");
      expect(await read("before")).toEqual([{ value: "", metadata: toStruct({}) }]);

      expect(await runMigrate(settings)).toEqual([`applied version ${knownSchema(engine)}`]);
      await write("after");
      expect(await read("after")).toEqual([{ value: undefined, metadata: undefined }]);
      expect(await read("before")).toEqual([{ value: "", metadata: toStruct({}) }]);
      expect(await read("after full")).toEqual([{ value: "v", metadata: toStruct({ a: 1 }) }]);
      // The other collection's tables are migrated, too.
      const one = { collection: "kept", records: [{ namespace: "n", key: "k", vector }] };
      expect(reasons((await client.vector.upsert(one)).results)).toEqual([undefined]);
      const [found] = (await client.vector.get(one)).records;
      expect(found?.value).toBeUndefined();
      for (const server of servers) {
        const views = await server.sql(
          "SELECT viewname FROM pg_views WHERE schemaname = 'orrery_sql' ORDER BY 1",
        );
        expect(views).toEqual([{ viewname: "kept" }, { viewname: "memory_entries" }]);
      }
      const rows = await Promise.all(
        servers.map((server) => server.sql("SELECT key, value FROM orrery_sql.memory_entries ORDER BY key")),
      );
      expect(rows.flat()).toEqual([
        { key: "after", value: null },
        { key: "after full", value: "v" },
        { key: "before", value: "" },
        { key: "before full", value: "v" },
      ]);
    } finally {
      await coordinator.stop();
    }
  });
}
