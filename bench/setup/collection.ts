/** A collection in the cluster, and the dataset in it, written through Orrery as a user would. */
import { createClient } from "../../src/client/client.ts";
import { quoteIdentifier } from "../../src/lib/quote-identifier.ts";
import type { WriteBatch } from "../client/job.ts";
import { openDriver } from "../client/open-driver.ts";
import type { BenchRecord } from "../data/dataset.ts";
import { groupBy } from "../data/group-by.ts";
import type { BenchCluster } from "./cluster.ts";

export interface BenchCollection {
  readonly name: string;
  /** Quoted. */
  readonly table: string;
}

export interface CollectionShape {
  readonly name: string;
  readonly dimension: number;
  readonly shards: number;
}

const BATCH = 250;
const WRITERS = 4;

export async function createCollection(
  cluster: BenchCluster,
  address: string,
  { name, dimension, shards: shardCount }: CollectionShape,
): Promise<BenchCollection> {
  const client = createClient(address);
  try {
    const operation = await client.collection.createCollection({
      collection: { name, dimension, quantization: "QUANTIZATION_NONE", shardCount },
    });
    for await (const { error } of client.operation.watchOperation({ id: operation.id })) {
      if (error !== null && error.code !== 0) throw new Error(error.message);
    }
  } finally {
    client.close();
  }
  const [row] = await cluster.sql("SELECT table_name FROM orrery.collections WHERE name = $1", [name]);
  return { name, table: quoteIdentifier(String(row?.table_name)) };
}

export async function dropCollection(address: string, { name }: BenchCollection): Promise<void> {
  const client = createClient(address);
  try {
    const { id } = await client.collection.deleteCollection({ name });
    for await (const { error } of client.operation.watchOperation({ id })) {
      if (error !== null && error.code !== 0) throw new Error(error.message);
    }
  } finally {
    client.close();
  }
}

/**
 * Writes all records, unless as many are there already, then VACUUM ANALYZE. Says on stderr how fast it was.
 */
export async function loadRecords(
  cluster: BenchCluster,
  address: string,
  { name: collection, table }: BenchCollection,
  records: readonly BenchRecord[],
): Promise<void> {
  const [row] = await cluster.sql(`SELECT count(*)::int AS count FROM ${table}`);
  if (row?.count === records.length) return;
  console.error(`writing ${records.length} records to collection ${collection} ...`);
  const driver = await openDriver({ kind: "orrery-upsert", address, collection }, WRITERS);
  const startMs = performance.now();
  const batches = batchesOf(records).values();
  const writer = async () => {
    for (const batch of batches) await driver.ask(batch, 0);
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  await driver.close();
  const seconds = (performance.now() - startMs) / 1000;
  console.error(`${Math.round(records.length / seconds)} records/s, ${WRITERS} writers, ${BATCH} a call`);
  await cluster.sql(`VACUUM ANALYZE ${table}`);
}

/** At most `BATCH` records of one namespace each. */
export function batchesOf(records: readonly BenchRecord[], size = BATCH): readonly WriteBatch[] {
  return [...groupBy(records, ({ namespace }) => namespace)].flatMap(([namespace, all]) =>
    Array.from({ length: Math.ceil(all.length / size) }, (_, i) => ({
      namespace,
      records: all.slice(i * size, (i + 1) * size),
    })),
  );
}
