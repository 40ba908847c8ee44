import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hashText, shardAt } from "../../src/topology/ring.ts";
import type { Collection } from "../../src/topology/shard-map.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";

const TABLE = "tenants";

/** Everything a PostgreSQL text can hold: all code points but NUL; surrogates come in pairs. */
const anyText = (constraints: fc.StringConstraints = {}) =>
  fc.string({ unit: "binary", ...constraints }).map((text) => text.replaceAll("\0", "?"));

describe("the ring computed here and Citus's own", () => {
  let cluster: CitusCluster;

  beforeAll(async () => {
    cluster = await startCitusCluster({ workers: 2 });
    await cluster.sql(`CREATE TABLE ${TABLE} (shard_key text COLLATE "C" PRIMARY KEY)`);
    await cluster.sql(
      "SELECT create_distributed_table($1, 'shard_key', shard_count => 12, colocate_with => 'none')",
      [TABLE],
    );
    // Makes ranges of unequal size, one of them a single hash.
    await cluster.sql(
      "SELECT isolate_tenant_to_new_shard($1, 'isolated', shard_transfer_mode => 'block_writes')",
      [TABLE],
    );
  });
  afterAll(() => cluster?.stop());

  it("both rings agree on the shard of 10,000 random keys, including empty, multi-byte and 10 kB long ones", async () => {
    const keys = [
      "",
      "isolated",
      ...fc.sample(anyText(), { numRuns: 9_900, seed: 1 }),
      ...fc.sample(anyText({ minLength: 2_500, maxLength: 10_000, size: "max" }), { numRuns: 98, seed: 2 }),
    ];
    expect(keys.length).toBe(10_000);
    expect(keys.some((key) => Buffer.byteLength(key) > 10_000)).toBe(true);
    const rows = await cluster.sql(
      `SELECT get_shard_id_for_distribution_column($1, key)::int AS shard, hashtext(key) AS hash
       FROM unnest($2::text[]) WITH ORDINALITY AS keys (key, place) ORDER BY place`,
      [TABLE, keys],
    );

    const collection = await readCollection(cluster);
    expect(keys.map(hashText)).toEqual(rows.map((row) => row.hash));
    const shards = keys.map((key) => shardAt(collection, hashText(key)).id);
    expect(shards).toEqual(rows.map((row) => row.shard));
    expect(new Set(shards).size).toBe(collection.shards.length);
  });
});

async function readCollection(cluster: CitusCluster): Promise<Collection> {
  const shards = await cluster.sql(
    `SELECT shardid::int AS id, groupid AS "group", shardminvalue::int AS min, shardmaxvalue::int AS max
     FROM pg_dist_shard JOIN pg_dist_placement USING (shardid)
     WHERE logicalrelid = $1::regclass AND shardstate = 1 ORDER BY 3`,
    [TABLE],
  );
  return {
    id: 1,
    name: TABLE,
    table: TABLE,
    dimension: 3,
    metric: "cosine",
    quantization: "none",
    hnsw: { m: 16, efConstruction: 64 },
    shards: shards as Collection["shards"][number][],
  };
}
