import type { AdminApi } from "../../operations/types.ts";
import type { CollectionInit } from "../../proto/generated/orrery/v1/Collection.ts";
import type { CreateCollectionRequestMessage } from "../../proto/generated/orrery/v1/CreateCollectionRequest.ts";
import type { DeleteCollectionRequestMessage } from "../../proto/generated/orrery/v1/DeleteCollectionRequest.ts";
import type { GetCollectionRequestMessage } from "../../proto/generated/orrery/v1/GetCollectionRequest.ts";
import type { ListCollectionsRequestMessage } from "../../proto/generated/orrery/v1/ListCollectionsRequest.ts";
import type { ListCollectionsResponseInit } from "../../proto/generated/orrery/v1/ListCollectionsResponse.ts";
import type { UpdateCollectionRequestMessage } from "../../proto/generated/orrery/v1/UpdateCollectionRequest.ts";
import { lacksOf } from "../../topology/collection-lacks.ts";
import type { Collection } from "../../topology/shard-map.ts";
import type { ClusterApi } from "../cluster-api.ts";
import { callerName } from "../requests/change.ts";
import { toCollectionSpec, toUpdate } from "../requests/collection.ts";
import type { Limits } from "../requests/limits.ts";
import { toCollectionName } from "../requests/names.ts";
import { toPage } from "../requests/page.ts";
import { toCollectionMessage } from "../responses/collection.ts";
import { toOperationMessage } from "../responses/operation.ts";
import { pageOf } from "../responses/page-of.ts";
import { type Service, unary } from "./method.ts";

export interface CollectionDeps {
  readonly admin: AdminApi;
  readonly cluster: ClusterApi;
}

export function collectionService({ admin, cluster }: CollectionDeps, limits: Limits): Service {
  return {
    CreateCollection: unary({
      run: async ({ collection }: CreateCollectionRequestMessage, { caller }) =>
        toOperationMessage(
          await admin.createCollection(toCollectionSpec(collection, limits), callerName(caller)),
        ),
      changesData: true,
    }),

    UpdateCollection: unary({
      run: async (message: UpdateCollectionRequestMessage, { caller }) =>
        toOperationMessage(await admin.updateCollection(toUpdate(message, limits), callerName(caller))),
      changesData: true,
    }),

    GetCollection: unary({
      run: async ({ name }: GetCollectionRequestMessage, { signal }) =>
        shown(await cluster.findCollection(toCollectionName(name, "name"), signal)),
    }),

    ListCollections: unary({
      run(message: ListCollectionsRequestMessage): ListCollectionsResponseInit {
        const page = toPage(message, ["ListCollections"]);
        const { collections } = cluster.currentMap();
        const { items, nextPageToken } = pageOf(collections, page, ({ name }) => [name]);
        return { collections: items.map(shown), nextPageToken };
      },
    }),

    DeleteCollection: unary({
      run: async ({ name }: DeleteCollectionRequestMessage, { caller }) =>
        toOperationMessage(await admin.deleteCollection(toCollectionName(name, "name"), callerName(caller))),
      changesData: true,
    }),
  };
}

function shown(collection: Collection): CollectionInit {
  return toCollectionMessage(collection, lacksOf(collection));
}
