import { isOrreryError } from "../../errors.ts";
import { type Cancellation, toAbortSignal } from "../../lib/cancellation.ts";
import type { DeepReadonly } from "../../lib/deep-readonly.ts";
import type { ClusterStatusInit } from "../../proto/generated/orrery/v1/ClusterStatus.ts";
import type { ListNodesRequestMessage } from "../../proto/generated/orrery/v1/ListNodesRequest.ts";
import type { ListNodesResponseInit } from "../../proto/generated/orrery/v1/ListNodesResponse.ts";
import type { ListShardsRequestMessage } from "../../proto/generated/orrery/v1/ListShardsRequest.ts";
import type { ListShardsResponseInit } from "../../proto/generated/orrery/v1/ListShardsResponse.ts";
import type { RebalanceApi } from "../../rebalance/api.ts";
import type { ClusterInventory } from "../../rebalance/cluster-inventory.ts";
import type { ShardMap } from "../../topology/shard-map.ts";
import type { ClusterApi } from "../cluster-api.ts";
import { toCollectionName } from "../requests/names.ts";
import { toPage } from "../requests/page.ts";
import { toNodeFacts, toShardFacts } from "../responses/inventory.ts";
import { pageOf } from "../responses/page-of.ts";
import { toNodeMessage, toShardMapMessage, toShardMessage } from "../responses/shard-map.ts";
import { type Service, stream, unary } from "./method.ts";

/**
 * What shows the cluster; `changeMethods` is the other half of the service. `epochMs`: milliseconds
 * since 1970.
 */
export function clusterService(
  { cluster, rebalance }: { readonly cluster: ClusterApi; readonly rebalance: RebalanceApi },
  epochMs: () => number,
): Service {
  return {
    GetClusterStatus: unary({
      async run(): Promise<DeepReadonly<ClusterStatusInit>> {
        const map = cluster.currentMap();
        return {
          engine: cluster.engine,
          clusterId: map.clusterId,
          epoch: map.epoch,
          mapStore: cluster.storeKind,
          mapStoreReachable: cluster.storeReachable(),
          leader: cluster.isLeader(),
          coordinators: await cluster.coordinators(),
          nodes: map.nodes.map((node) => toNodeMessage(node, { map, cluster, nowMs: epochMs() })),
          findings: cluster.findings().map(({ node, problem }) => `${node}: ${problem}`),
        };
      },
    }),

    GetShardMap: unary({ run: () => toShardMapMessage(cluster.currentMap(), cluster, epochMs()) }),

    WatchShardMap: stream(async function* (_: object, { signal }) {
      for await (const map of mapsOf(cluster, signal)) yield toShardMapMessage(map, cluster, epochMs());
    }),

    ListNodes: unary({
      async run(message: ListNodesRequestMessage, { signal }): Promise<ListNodesResponseInit> {
        const page = toPage(message, ["ListNodes"]);
        const inventory = await readInventory(rebalance, signal);
        const map = cluster.currentMap();
        const { items, nextPageToken } = pageOf(map.nodes, page, ({ id }) => [id]);
        return {
          nodes: items.map((node) => ({
            ...toNodeMessage(node, { map, cluster, nowMs: epochMs() }),
            ...toNodeFacts(node, inventory),
          })),
          nextPageToken,
        };
      },
    }),

    ListShards: unary({
      async run(message: ListShardsRequestMessage, call): Promise<ListShardsResponseInit> {
        const page = toPage(message, ["ListShards", message.collection]);
        const collections =
          message.collection === ""
            ? cluster.currentMap().collections
            : [await cluster.findCollection(toCollectionName(message.collection, "collection"), call.signal)];
        const shards = collections.flatMap((collection) =>
          collection.shards.map((shard) => ({ collection, shard })),
        );
        const inventory = await readInventory(rebalance, call.signal);
        const groups = new Map(inventory?.shardGroups.map((group) => [group.shard, group]));
        const { items, nextPageToken } = pageOf(shards, page, ({ collection, shard }) => [
          collection.name,
          shard.min,
        ]);
        return {
          shards: items.map(({ collection, shard }) => ({
            ...toShardMessage(collection, shard, cluster.rows.shardRows(collection, shard.id)),
            ...toShardFacts(groups.get(shard.id)),
          })),
          nextPageToken,
        };
      },
    }),
  };
}

/** undefined when it cannot be read: the map alone is worth showing. */
async function readInventory(
  rebalance: RebalanceApi,
  signal: Cancellation,
): Promise<ClusterInventory | undefined> {
  try {
    return await rebalance.inventory(toAbortSignal(signal));
  } catch (error) {
    signal.throwIfAborted();
    if (isOrreryError(error)) return undefined;
    throw error;
  }
}

/**
 * The present map, then every other one until `signal` aborts. A slow reader misses those in between, never
 * the last.
 */
async function* mapsOf(cluster: ClusterApi, signal: Cancellation): AsyncIterable<ShardMap> {
  let wake = () => {};
  const unsubscribe = cluster.onMapChange(() => wake());
  signal.addEventListener("abort", () => wake(), { once: true });
  try {
    let sent: ShardMap | undefined;
    while (!signal.aborted) {
      const map = cluster.currentMap();
      if (map === sent) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      } else {
        sent = map;
        yield map;
      }
    }
  } finally {
    unsubscribe();
  }
}
