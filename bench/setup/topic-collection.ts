/** A collection of one shard with topics, and what is known of its owner. */
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "../../src/client/client.ts";
import type { QuantizationInit } from "../../src/proto/generated/orrery/v1/Quantization.ts";
import { attributesOf } from "../../test/support/topic-filters.ts";
import { mixture, type TopicData, type TopicRecord, words } from "../../test/support/topics.ts";
import { waitFor } from "../../test/support/wait-for.ts";
import { namespaceOf } from "../data/topic-cells.ts";
import type { BenchCluster } from "./cluster.ts";
import type { Bench } from "./with-bench.ts";

const WRITERS = 4;
const BATCH = 250;
const CALIBRATION_LIMIT_MS = 600_000;

export interface TopicCollection {
  readonly name: string;
  readonly data: TopicData;
}

/** The node that has the one shard of a collection. */
export interface ShardOwner {
  readonly url: string;
  /** Of its postmaster. */
  readonly pid: number | undefined;
  /** The table. */
  readonly shard: string;
}

/** `kind`: `none`, `half`, `binary`, or one of them with `words-` before. */
export async function loadTopics(
  { coordinator, cluster, options }: Bench<undefined>,
  kind: string,
  size: number,
): Promise<TopicCollection> {
  const isWords = kind.startsWith("words-");
  const quantization = kind.replace("words-", "");
  const { queries, dimension } = options;
  const data = isWords ? words({ records: size, queries }) : mixture({ records: size, queries, dimension });
  const name = `recall_${kind}_${size}`;
  const client = createClient(coordinator.address);
  try {
    const { id } = await client.collection.createCollection({
      collection: {
        name,
        dimension: data.queries[0]?.length ?? 0,
        quantization: `QUANTIZATION_${quantization.toUpperCase()}` as QuantizationInit,
        shardCount: 1,
      },
    });
    for await (const { error } of client.operation.watchOperation({ id })) {
      if (error !== null && error.code !== 0) throw new Error(error.message);
    }
    console.error(`writing ${data.records.length} records to ${name} ...`);
    const batches = Array.from({ length: Math.ceil(data.records.length / BATCH) }, (_, i) =>
      data.records.slice(i * BATCH, (i + 1) * BATCH),
    ).values();
    const writer = async () => {
      for (const batch of batches)
        await client.vector.upsert({ collection: name, records: batch.map(recordOf) });
    };
    await Promise.all(Array.from({ length: WRITERS }, writer));
  } finally {
    client.close();
  }
  const [row] = await cluster.sql("SELECT table_name FROM orrery.collections WHERE name = $1", [name]);
  await cluster.sql(`VACUUM ANALYZE public.${row?.table_name}`);
  return { name, data };
}

function recordOf(record: TopicRecord) {
  const { tags, chance } = attributesOf(record);
  return {
    namespace: namespaceOf(record.topic),
    key: record.key,
    vector: bytesOf(record.vector),
    value: `record ${record.key}`,
    tags: [...tags],
    metadata: { fields: { chance: { numberValue: chance } } },
  };
}

export const bytesOf = (vector: Float32Array) => ({
  f32Le: new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength),
});

/** Resolves when the recall of the collection was measured, and searches have heard of it. */
export async function calibrated(cluster: BenchCluster, collection: string): Promise<void> {
  const isMeasured = async () => {
    const rows = await cluster.sql(
      "SELECT FROM orrery.vector_indexes v JOIN orrery.collections c ON c.id = v.collection_id WHERE c.name = $1",
      [collection],
    );
    return rows.length > 0;
  };
  await waitFor(isMeasured, {
    what: `a calibration of ${collection}`,
    intervalMs: 500,
    timeoutMs: CALIBRATION_LIMIT_MS,
  });
  await sleep(3_000);
}

/** Throws when it has none that is known. */
export async function ownerOf(cluster: BenchCluster, collection: string): Promise<ShardOwner> {
  const [row] = await cluster.sql(
    `SELECT s.shard_name, p.groupid FROM orrery.collections c
JOIN citus_shards s ON s.table_name = c.table_name::regclass
JOIN pg_dist_placement p ON p.shardid = s.shardid WHERE c.name = $1`,
    [collection],
  );
  const node = cluster.nodes.find(({ group }) => group === Number(row?.groupid));
  if (node === undefined) throw new Error(`no owner of ${collection}`);
  return { url: node.url, pid: node.pid, shard: `public.${row?.shard_name}` };
}
