/** What the engine reads, the load that coordinators report, and the shards that pins apply to. */
import { OrreryError } from "../errors.ts";
import { raceAbort } from "../lib/race-abort.ts";
import { createSingleFlight } from "../lib/single-flight.ts";
import { runWithin } from "../lib/time-limit.ts";
import { hashText, shardAt } from "../topology/ring.ts";
import { findCollection, type ShardId, type ShardMap } from "../topology/shard-map.ts";
import type { ClusterInventory, ClusterReading, ReadShardGroup } from "./cluster-inventory.ts";
import { ASSUMED_RATES } from "./estimate-move.ts";

/** What a coordinator reports of itself, as far as planning needs it. */
export interface ReportedLoad {
  /** Queries x milliseconds per second by shard id. */
  readonly load?: { readonly [shard: string]: number };
}

export interface InventoryDeps {
  readonly read: (signal: AbortSignal) => Promise<ClusterReading>;
  readonly store: { coordinators(): Promise<readonly ReportedLoad[]> };
  readonly map: { current(): ShardMap };
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
  /** Whether moves are throttled by replication lag. */
  readonly limitsLag: boolean;
}

/** Reading sizes asks the file system of every node. */
const FRESH_MS = 1_000;
const READ_MS = 20_000;

const notRead = () => new OrreryError("NODE_UNAVAILABLE", `the cluster could not be read in ${READ_MS} ms`);

/** At most some seconds old; `fresh`: read after the call, whatever is known. */
export type Inventory = (
  signal: AbortSignal,
  options?: { readonly fresh?: boolean },
) => Promise<ClusterInventory>;

/** Callers at the same time share one reading. */
export function createInventory({ read, store, map, epochMs, limitsLag }: InventoryDeps): Inventory {
  let last: ClusterInventory | undefined;
  const refresh = createSingleFlight(async () => {
    const readAtMs = epochMs();
    const [reading, coordinators] = await Promise.all([
      runWithin({ ms: READ_MS, reason: notRead }, read),
      // Load only orders moves: without the store, plan without it.
      store.coordinators().catch(() => []),
    ]);
    last = { ...toInventory(reading, { coordinators, map: map.current(), readAtMs }), limitsLag };
  });
  return async (signal, { fresh = false } = {}) => {
    signal.throwIfAborted();
    if (fresh || last === undefined || epochMs() - last.readAtMs > FRESH_MS)
      await raceAbort(refresh(), signal);
    return last as ClusterInventory;
  };
}

/** Pure. */
function toInventory(
  reading: ClusterReading,
  {
    coordinators,
    map,
    readAtMs,
  }: {
    readonly coordinators: readonly ReportedLoad[];
    readonly map: ShardMap;
    readonly readAtMs: number;
  },
): Omit<ClusterInventory, "limitsLag"> {
  const load = sumLoad(coordinators);
  const read = new Map<string, ReadShardGroup[]>();
  for (const group of reading.shardGroups) {
    const others = read.get(group.collection);
    if (others === undefined) read.set(group.collection, [group]);
    else others.push(group);
  }
  /** As just read: the map may lack a split. But it knows the shards of nodes that do not answer. */
  const shardOf = (name: string, hash: number): ShardId | undefined => {
    const group = read.get(name)?.find(({ min, max }) => min <= hash && hash <= max);
    if (group !== undefined) return group.shard;
    const collection = findCollection(map, name);
    return collection && shardAt(collection, hash).id;
  };
  return {
    readAtMs,
    epoch: map.epoch,
    nodes: reading.nodes,
    shardGroups: reading.shardGroups.map((group) => ({ ...group, load: load.get(group.shard) ?? 0 })),
    pins: reading.pins.flatMap(({ shardKey, ...pin }) => {
      const shard = shardOf(pin.collection, hashText(shardKey));
      return shard === undefined ? [] : [{ ...pin, shard }];
    }),
    largeNamespaces: reading.largeNamespaces,
    rates: { ...ASSUMED_RATES, ...reading.rates },
  };
}

/** Queries x milliseconds per second by shard, over all coordinators. */
export function sumLoad(coordinators: readonly ReportedLoad[]): ReadonlyMap<ShardId, number> {
  const total = new Map<ShardId, number>();
  for (const { load = {} } of coordinators) {
    for (const [shard, amount] of Object.entries(load)) {
      total.set(Number(shard), (total.get(Number(shard)) ?? 0) + amount);
    }
  }
  return total;
}
