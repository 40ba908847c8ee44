import type { AdminApi } from "../../operations/types.ts";
import type { CollectionInit } from "../../proto/generated/orrery/v1/Collection.ts";
import type { CreateCollectionRequestMessage } from "../../proto/generated/orrery/v1/CreateCollectionRequest.ts";
import type { DeleteCollectionRequestMessage } from "../../proto/generated/orrery/v1/DeleteCollectionRequest.ts";
import type { GetCollectionRequestMessage } from "../../proto/generated/orrery/v1/GetCollectionRequest.ts";
import type { ListCollectionsRequestMessage } from "../../proto/generated/orrery/v1/ListCollectionsRequest.ts";
import type { ListCollectionsResponseInit } from "../../proto/generated/orrery/v1/ListCollectionsResponse.ts";
import type { Collection } from "../../topology/shard-map.ts";
import type { ClusterApi } from "../cluster-api.ts";
import { callerName } from "../requests/change.ts";
import { toCollectionSpec } from "../requests/collection.ts";
import { toCollectionName } from "../requests/names.ts";
import { toPage } from "../requests/page.ts";
import { toOperationMessage } from "../responses/operation.ts";
import { pageOf } from "../responses/page-of.ts";
import { METRIC_NUMBERS, QUANTIZATION_NUMBERS } from "../wire/kinds.ts";
import { type Service, unary } from "./method.ts";

export interface CollectionDeps {
  readonly admin: AdminApi;
  readonly cluster: ClusterApi;
}

export function collectionService({ admin, cluster }: CollectionDeps): Service {
  return {
    CreateCollection: unary({
      run: async ({ collection }: CreateCollectionRequestMessage, { caller }) =>
        toOperationMessage(await admin.createCollection(toCollectionSpec(collection), callerName(caller))),
      changesData: true,
    }),

    GetCollection: unary({
      run: async ({ name }: GetCollectionRequestMessage, { signal }) =>
        toCollectionMessage(await cluster.findCollection(toCollectionName(name, "name"), signal)),
    }),

    ListCollections: unary({
      run(message: ListCollectionsRequestMessage): ListCollectionsResponseInit {
        const page = toPage(message, ["ListCollections"]);
        const { collections } = cluster.currentMap();
        const { items, nextPageToken } = pageOf(collections, page, ({ name }) => [name]);
        return { collections: items.map(toCollectionMessage), nextPageToken };
      },
    }),

    DeleteCollection: unary({
      run: async ({ name }: DeleteCollectionRequestMessage, { caller }) =>
        toOperationMessage(await admin.deleteCollection(toCollectionName(name, "name"), callerName(caller))),
      changesData: true,
    }),
  };
}

function toCollectionMessage(collection: Collection): CollectionInit {
  const { name, dimension, metric, quantization, hnsw, shards } = collection;
  return {
    name,
    dimension,
    metric: METRIC_NUMBERS[metric],
    quantization: QUANTIZATION_NUMBERS[quantization],
    hnsw: { m: hnsw.m, efConstruction: hnsw.efConstruction },
    shardCount: shards.length,
  };
}
