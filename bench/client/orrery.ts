/** Orrery by its own client over @grpc/grpc-js: one channel, as many calls under way as there are clients. */
import { createClient } from "../../src/client/client.ts";
import type { Driver } from "./driver.ts";
import type { DriverSpec, Query, WriteBatch } from "./job.ts";

type SearchSpec = Extract<DriverSpec, { kind: "orrery-search" }>;
type UpsertSpec = Extract<DriverSpec, { kind: "orrery-upsert" }>;

export async function orrerySearch({
  address,
  collection,
  topK,
  efSearch,
}: SearchSpec): Promise<Driver<Query>> {
  const client = createClient(address);
  return {
    async ask({ vector, namespaces }) {
      const scope = namespaces.length === 0 ? { allNamespaces: true } : { namespaces };
      const { hits } = await client.vector.search({
        collection,
        ...scope,
        vector: { f32Le: bytesOf(vector) },
        topK,
        params: efSearch === undefined ? {} : { efSearch },
      });
      return hits.map(({ key }) => key);
    },
    close: async () => client.close(),
  };
}

export async function orreryUpsert({ address, collection }: UpsertSpec): Promise<Driver<WriteBatch>> {
  const client = createClient(address);
  return {
    async ask({ namespace, records }) {
      const { results } = await client.vector.upsert({
        collection,
        records: records.map(({ key, vector }) => ({
          namespace,
          key,
          value: key,
          vector: { f32Le: bytesOf(vector) },
        })),
      });
      const refused = results.find(({ status }) => status !== null && status.code !== 0);
      if (refused?.status) throw new Error(refused.status.message);
      return results.map(({ key }) => key);
    },
    close: async () => client.close(),
  };
}

function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}
