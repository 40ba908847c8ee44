/** What namespaces, and lists of them and of their records, promise through gRPC on any engine. */
import { describe, expect, it } from "vitest";
import { allPages, pages } from "../../../src/client/pages.ts";
import { finished } from "../finished.ts";
import type { Lane } from "./lanes.ts";
import { reasons, recordCalls, VECTOR } from "./record-calls.ts";

export function testNamespaces(lane: () => Lane): void {
  const { unused, write, writeOne, read, count } = recordCalls(lane);

  describe("lists", () => {
    // In UTF-16 units U+1F600 comes before U+E000, in UTF-8 bytes after it.
    const keys = [
      "Z",
      "a",
      "a'; DROP TABLE memory_entries; --",
      "aa",
      "é",
      "\ue000",
      "\uffee",
      "\u{10000}",
      "\u{1f600}",
      ...Array.from({ length: 30 }, (_, i) => `key ${i}`),
    ];
    const inOrder = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

    it("a list returns the keys of a namespace once, in the order of their UTF-8 bytes, page by page", async () => {
      const namespace = unused();
      await write(keys.map((key) => ({ namespace, key, value: key, vector: VECTOR })));
      await writeOne({ namespace: `${namespace} `, key: "other", vector: VECTOR });
      for (const pageSize of [1, 7, keys.length, 1_000]) {
        const found: string[] = [];
        for await (const { records, nextPageToken } of pages((page) =>
          lane().client.vector.list({ namespace, ...page, pageSize }),
        )) {
          if (nextPageToken !== "") expect(records).toHaveLength(pageSize);
          expect(records.map(({ value }) => value)).toEqual(records.map(({ key }) => key));
          found.push(...records.map(({ key }) => key));
        }
        expect(found).toEqual(inOrder);
      }
    });

    it("a list returns the namespaces once, in the order of their UTF-8 bytes, with the shard of each", async () => {
      const collection = "named";
      const settings = { name: collection, dimension: 3, shardCount: 4 };
      await finished(lane(), await lane().client.collection.createCollection({ collection: settings }));
      await lane().client.vector.upsert({
        collection,
        records: keys.map((namespace) => ({ namespace, key: "k", vector: VECTOR })),
      });
      const found = await allPages(
        (page) => lane().client.namespace.listNamespaces({ collection, ...page, pageSize: 7 }),
        ({ namespaces }) => namespaces.map(({ name }) => name),
      );
      expect(found).toEqual(inOrder);
      expect(Number((await lane().client.vector.count({ collection, allNamespaces: true })).count)).toBe(
        keys.length,
      );
      const { shards } = await lane().client.cluster.listShards({ collection });
      for (const namespace of ["a", "\u{1f600}"]) {
        const { shardId, groupId, rows } = await lane().client.namespace.getNamespace({
          collection,
          namespace,
        });
        expect(rows).toBe("1");
        expect(shards).toContainEqual(expect.objectContaining({ id: shardId, groupId }));
      }
    });
  });

  describe("namespaces", () => {
    it("a namespace is deleted with its own records and no others", async () => {
      const [gone, kept] = [unused(), unused()];
      for (let at = 0; at < 2_500; at += 500) {
        const keys = Array.from({ length: 500 }, (_, i) => `k${at + i}`);
        await write(keys.map((key) => ({ namespace: gone, key, vector: VECTOR })));
      }
      await writeOne({ namespace: kept, key: "k", vector: VECTOR });
      const operation = await finished(
        lane(),
        await lane().client.namespace.deleteNamespace({ namespace: gone }),
      );
      expect(operation).toMatchObject({
        kind: "delete_namespace",
        state: "OPERATION_STATE_DONE",
        error: null,
      });
      expect([await count(gone), await count(kept)]).toEqual([0, 1]);
      await expect(lane().client.namespace.getNamespace({ namespace: gone })).rejects.toMatchObject({
        failure: { status: "NOT_FOUND", reason: "NAMESPACE_NOT_FOUND" },
      });
    });

    it.each([
      "'; DROP TABLE memory_entries; --",
      '"; DELETE FROM memory_entries; --',
      "$1",
      "\\",
      "%s",
      "a' OR '1'='1",
      "ns) UNION SELECT",
      "\u{1f469}\u{200d}\u{1f52c}",
    ])("a namespace and its keys may be named %j", async (name) => {
      const namespace = `${name} ${unused()}`;
      await write(["a", name].map((key) => ({ namespace, key, value: name, tags: [name], vector: VECTOR })));
      expect((await read({ namespace, key: name }))[0]).toMatchObject({
        key: name,
        value: name,
        tags: [name],
      });
      const { records } = await lane().client.vector.list({ namespace });
      expect(new Set(records.map(({ key }) => key))).toEqual(new Set(["a", name]));
      const { hits } = await lane().client.vector.search({
        namespaces: [namespace],
        record: { namespace, key: name },
      });
      expect(hits).toHaveLength(2);
      expect(
        reasons((await lane().client.vector.delete({ records: [{ namespace, key: name }] })).results),
      ).toEqual([undefined]);
      expect(await count(namespace)).toBe(1);
      await finished(lane(), await lane().client.namespace.deleteNamespace({ namespace }));
      expect(await count(namespace)).toBe(0);
    });
  });
}
