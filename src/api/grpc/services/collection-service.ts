import type { AdminApi } from "../../../operations/types.ts";
import type { Collection } from "../../../topology/shard-map.ts";
import type { ClusterApi } from "../../cluster-api.ts";
import { type CollectionMessage, toCollectionSpec } from "../../requests/collection.ts";
import { toCollectionName } from "../../requests/names.ts";
import { type PageMessage, toPage } from "../../requests/page.ts";
import { toOperationMessage } from "../../responses/operation.ts";
import { pageOf } from "../../responses/page-of.ts";
import { QUANTIZATION_NUMBERS } from "../../wire/quantization.ts";
import { type Service, unary } from "../method.ts";

export interface CollectionDeps {
  readonly admin: AdminApi;
  readonly cluster: ClusterApi;
}

interface NameMessage {
  readonly name: string;
}

export function collectionService({ admin, cluster }: CollectionDeps): Service {
  return {
    CreateCollection: unary({
      run: async ({ collection }: { readonly collection: CollectionMessage | null }) =>
        toOperationMessage(await admin.createCollection(toCollectionSpec(collection))),
      changesData: true,
    }),

    GetCollection: unary({
      run: async ({ name }: NameMessage, { signal }) =>
        toCollectionMessage(await cluster.findCollection(toCollectionName(name, "name"), signal)),
    }),

    ListCollections: unary({
      run(message: PageMessage) {
        const page = toPage(message, ["ListCollections"]);
        const { collections } = cluster.currentMap();
        const { items, nextPageToken } = pageOf(collections, page, ({ name }) => [name]);
        return { collections: items.map(toCollectionMessage), nextPageToken: nextPageToken };
      },
    }),

    DeleteCollection: unary({
      run: async ({ name }: NameMessage) =>
        toOperationMessage(await admin.deleteCollection(toCollectionName(name, "name"))),
      changesData: true,
    }),
  };
}

function toCollectionMessage({ name, dimension, quantization, hnsw, shards }: Collection): object {
  return {
    name,
    dimension,
    quantization: QUANTIZATION_NUMBERS[quantization],
    hnsw: { m: hnsw.m, efConstruction: hnsw.efConstruction },
    shardCount: shards.length,
  };
}
