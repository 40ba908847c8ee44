/** The index of a shard, built anew through gRPC where the placement is fixed. */
import { describe, expect, it } from "vitest";
import { clusteredVectors } from "../clustered-vectors.ts";
import { f32 } from "../coordinator.ts";
import { failure } from "../failure.ts";
import { finished } from "../finished.ts";
import type { Lane } from "./lanes.ts";

const COLLECTION = "graphs";
const DIMENSION = 16;
const INDEXES = `SELECT x.indisvalid AS valid, array_to_string(i.reloptions, ' ') AS options, i.oid::text AS build
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am a ON a.oid = i.relam
WHERE a.amname = 'hnsw' AND x.indrelid::regclass::text ~`;

export function testReindex(lane: () => Lane): void {
  const { vectors, queries } = clusteredVectors({ count: 600, queryCount: 3, dimension: DIMENSION, seed: 9 });

  /** Undefined where nobody can ask. */
  const indexesOf = async (shardId: string) =>
    (await lane().sql?.(`${INDEXES} '_${shardId}$' ORDER BY i.oid`))?.flat();

  const search = (vector: Float32Array) =>
    lane().client.vector.search({
      collection: COLLECTION,
      namespaces: ["ns"],
      vector: f32(vector),
      params: { efSearch: 100 },
    });

  const reindex = (request: { readonly shardId: string } & Readonly<Record<string, unknown>>) =>
    lane().client.cluster.reindexShard({ requestId: "", ...request });

  const filledShard = async () => {
    const { shards } = await lane().client.cluster.listShards({ collection: COLLECTION });
    const hits = (await search(queries[0] as Float32Array)).profile;
    expect(hits).toBeDefined();
    return shards;
  };

  describe("the index of a shard whose placement is fixed", () => {
    it("is built anew with other settings, which are kept for the next time, while searches go on", async () => {
      const { client } = lane();
      await client.collection.createCollection({
        collection: { name: COLLECTION, dimension: DIMENSION, shardCount: 1 },
      });
      await client.vector.upsert({
        collection: COLLECTION,
        records: vectors.map((vector, i) => ({ namespace: "ns", key: `k${i}`, vector: f32(vector) })),
      });
      const [shard] = await filledShard();
      const shardId = String(shard?.id);
      const before = await indexesOf(shardId);
      expect(await reindex({ shardId, m: 24, efConstruction: 150, validateOnly: true })).toMatchObject({
        id: "",
        message: `builds the index of shard ${shardId} with m 24 and ef_construction 150`,
      });
      expect(await indexesOf(shardId)).toEqual(before);

      const started = await reindex({ shardId, m: 24, efConstruction: 150 });
      for (const query of queries) expect((await search(query)).hits).toHaveLength(10);
      expect(await finished(lane(), started)).toMatchObject({ state: "OPERATION_STATE_DONE" });
      const after = await indexesOf(shardId);
      if (after !== undefined) {
        expect(after).toMatchObject([{ valid: true, options: "m=24 ef_construction=150" }]);
        expect(after[0]?.build).not.toBe(before?.[0]?.build);
      }
      for (const query of queries) expect((await search(query)).hits).toHaveLength(10);

      const again = await reindex({ shardId, validateOnly: true });
      expect(again.message).toContain("with m 24 and ef_construction 150");
    });

    it("is not built with what no index can have, nor for a shard that is not there", async () => {
      const [shard] = await filledShard();
      await expect(reindex({ shardId: String(shard?.id), m: 1 })).rejects.toMatchObject(
        failure("INVALID_REQUEST", /^m: /),
      );
      await expect(reindex({ shardId: "999999" })).rejects.toMatchObject(
        failure("SHARD_NOT_FOUND", /999999/),
      );
    });

    it("is all that can be changed of such a cluster", async () => {
      const { cluster } = lane().client;
      await expect(cluster.moveShard({ shardId: "1", targetNode: "n:1" })).rejects.toMatchObject(
        failure("UNSUPPORTED", /cannot move shards/),
      );
    });
  });
}
