/**
 * Vectors in the rows themselves: what is stored where, and that a row has room for whatever a record may
 * have.
 */
import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { f32 } from "../coordinator.ts";
import { finished } from "../finished.ts";
import { seesShards } from "../sees-shards.ts";
import type { FilterIndexLane } from "./filter-indexes.ts";

const NAME = "wide";
const LARGEST = 1900;

export function testInlineStorage(lane: () => Omit<FilterIndexLane, "writeRelation">): void {
  /** Of each shard of the collection. */
  const onShards = async (name: string, sql: (relation: string) => string) => {
    const { shards } = await lane().coordinator.client.cluster.getShardMap({});
    const ids = shards.filter(({ collection }) => collection === name).map(({ id }) => id);
    const found = await Promise.all(
      lane().servers.map((server) =>
        seesShards(server, async (client) => {
          const { rows: tables } = await client.query(
            "SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND relname ~ $1",
            [`^c_\\d+_(${ids.join("|")})$`],
          );
          const rows = [];
          for (const table of tables) rows.push(...(await client.query(sql(table.name))).rows);
          return rows;
        }),
      ),
    );
    return found.flat();
  };
  const create = async (name: string, dimension: number) => {
    const { coordinator } = lane();
    const collection = { name, dimension, shardCount: 2 };
    const made = await coordinator.client.collection.createCollection({ collection });
    expect(await finished(coordinator, made)).toMatchObject({ state: "OPERATION_STATE_DONE" });
  };
  const storageOf = (name: string) =>
    onShards(
      name,
      (relation) =>
        `SELECT string_agg(attname || ':' || attstorage::text, ' ' ORDER BY attname) AS storage FROM pg_attribute
         WHERE attrelid = '${relation}'::regclass AND attname IN ('embedding', 'metadata', 'tags', 'key', 'value')`,
    );

  describe("vectors in the rows themselves", () => {
    beforeAll(() => create(NAME, LARGEST));

    it("is how shards of up to 1,900 dimensions store them, and no others", async () => {
      expect(await storageOf(NAME)).toEqual(
        Array(2).fill({ storage: "embedding:p key:m metadata:m tags:m value:x" }),
      );
      await create("wider", LARGEST + 1);
      expect(await storageOf("wider")).toEqual(
        Array(2).fill({ storage: "embedding:e key:x metadata:x tags:x value:x" }),
      );
      const { inlineVectors, lacks } = await lane().coordinator.client.collection.getCollection({
        name: "wider",
      });
      expect({ inlineVectors, lacks }).toEqual({ inlineVectors: false, lacks: [] });
    });

    it("leaves room for the largest names, metadata, tags and values, and gives all of it back", async () => {
      const { vector } = lane().coordinator.client;
      const text = (bytes: number) => randomBytes(bytes).toString("base64").slice(0, bytes);
      const namespace = text(255);
      const records = Array.from({ length: 4 }, (_, index) => ({
        namespace,
        key: `${index}${text(1023)}`,
        vector: f32(Array.from({ length: LARGEST }, () => Math.random() - 0.5)),
        value: text(index % 2 === 0 ? 500_000 : 5),
        metadata: { fields: { text: { stringValue: text(index < 2 ? 60_000 : 5) } } },
        tags: Array.from({ length: 64 }, () => text(255)),
      }));
      const { results } = await vector.upsert({ collection: NAME, records });
      expect(results.map(({ status }) => status?.code)).toEqual(Array(4).fill(0));
      const refs = records.map(({ key }) => ({ namespace, key }));
      const read = await vector.get({ collection: NAME, records: refs, includeVector: true });
      for (const [index, record] of read.records.entries()) {
        const { key, value, metadata, tags, vector: written } = records[index] ?? {};
        expect(record).toMatchObject({ key, value, metadata, tags });
        expect(Buffer.from(record.vector?.f32Le ?? [])).toEqual(Buffer.from(written?.f32Le ?? []));
      }
      const sizes = await onShards(
        NAME,
        (relation) => `SELECT pg_column_size(embedding) AS bytes FROM ${relation}`,
      );
      // Out of line it would be four bytes less.
      expect(sizes).toEqual(Array(4).fill({ bytes: 4 * LARGEST + 8 }));
      const { hits } = await vector.search({
        collection: NAME,
        namespaces: [namespace],
        vector: records[2]?.vector,
        topK: 1,
        includeValue: true,
      });
      expect(hits[0]).toMatchObject({ key: records[2]?.key, value: records[2]?.value });
    });
  });
}
