/** A collection of Orrery, by its client over gRPC. */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { createClient } from "../../../src/client/client.ts";
import type { FilterInit } from "../../../src/proto/generated/orrery/v1/Filter.ts";
import { attributesOf } from "../../../test/support/topic-filters.ts";
import type { TopicRecord } from "../../../test/support/topics.ts";
import { PEER_TOP_K, type PeerFilter } from "../../data/peer-data.ts";
import type { Adapter, AdapterSpec } from "../adapter.ts";

const NAMESPACE = "bench";
const BATCH = 250;
/** Of searches with a filter, which choose their own width. */
const RECALL_TARGET = 0.95;

export async function openOrrery(spec: Extract<AdapterSpec, { kind: "orrery" }>): Promise<Adapter> {
  const { collection } = spec;
  const client = createClient(spec.address);
  let efSearch = 40;
  return {
    async write(records) {
      const batches = Array.from({ length: Math.ceil(records.length / BATCH) }, (_, i) =>
        records.slice(i * BATCH, (i + 1) * BATCH),
      );
      await Promise.all(
        batches.map(async (batch) => {
          const { results } = await client.vector.upsert({ collection, records: batch.map(recordOf) });
          const refused = results.find(({ status }) => status !== null && status.code !== 0);
          if (refused?.status) throw new Error(refused.status.message);
        }),
      );
    },
    async finish() {
      await vacuum(spec);
      // Twice, since one reading of the statistics may be under way.
      await sleep(2 * spec.statisticsIntervalMs);
    },
    async setWidth(width) {
      efSearch = width;
    },
    async search({ vector, filter }) {
      const { hits } = await client.vector.search({
        collection,
        vector: bytesOf(vector),
        topK: PEER_TOP_K,
        // Indexes of fields are for filters within a namespace; all records are of one.
        ...(filter === undefined
          ? { allNamespaces: true, params: { efSearch } }
          : {
              namespaces: [NAMESPACE],
              params: { recallTarget: RECALL_TARGET },
              filter: messageOf(filter),
            }),
      });
      return hits.map(({ key }) => key);
    },
    close: async () => client.close(),
  };
}

async function vacuum({ url, table }: { readonly url: string; readonly table: string }): Promise<void> {
  const connection = new pg.Client(url);
  await connection.connect();
  await connection.query(`VACUUM ANALYZE ${table}`);
  await connection.end();
}

function recordOf(record: TopicRecord) {
  const { tags, chance } = attributesOf(record);
  return {
    namespace: NAMESPACE,
    key: record.key,
    vector: bytesOf(record.vector),
    value: record.key,
    tags: [...tags],
    metadata: { fields: { chance: { numberValue: chance } } },
  };
}

function messageOf(filter: PeerFilter): FilterInit {
  if (filter.kind === "topic-in") return { tags: { any: filter.topics.map((topic) => `t${topic}`) } };
  return { compare: { path: "chance", op: "COMPARE_OP_LT", value: { numberValue: filter.below } } };
}

const bytesOf = (vector: Float32Array) => ({
  f32Le: new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength),
});
