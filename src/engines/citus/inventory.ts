/** Sizes, settings, disks and pins of a Citus cluster, asked of every node at once. */
import { isOrreryError, OrreryError } from "../../errors.ts";
import { runWithin } from "../../lib/time-limit.ts";
import type {
  ClusterReading,
  LargeNamespace,
  NodeInventory,
  NodeSettings,
  NodeState,
  ReadShardGroup,
} from "../../rebalance/types.ts";
import { type AdminOptions, type AdminQuery, withAdminSession } from "../../shards/pg/admin-session.ts";
import {
  ACTIVITY,
  DISK,
  EXTENSIONS,
  FACTS,
  HAS_TABLES,
  LARGE_NAMESPACES,
  NODES,
  PINS,
  RATES,
  SHARD_GROUPS,
  SHOW_SHARDS,
} from "./inventory-sql.ts";
import { HIDES_STANDBYS } from "./replication-lag.ts";

export interface InventorySources {
  /** Sessions on the Citus coordinator node as a role that may change the schema. */
  readonly admin: AdminOptions;
  /** The same for a node by its name in the catalogs. */
  readonly adminOf: (node: string) => AdminOptions;
  /** Milliseconds; only differences matter. */
  readonly monotonicMs: () => number;
}

/** A node that hangs counts as one that does not answer, and the others are read all the same. */
const NODE_MS = 10_000;

/** Shorter intervals say little about how much a node writes. */
const MIN_WAL_INTERVAL_MS = 2_000;

/** Smaller ones cost little wherever they are. */
const LARGE_NAMESPACE_ROWS = 1_000;

interface NodeReading {
  readonly node: NodeInventory;
  readonly shardGroups: readonly ReadShardGroup[];
  readonly largeNamespaces: readonly LargeNamespace[];
}

type Row = Readonly<Record<string, unknown>>;
type KnownNode = Pick<NodeInventory, "node" | "group" | "name" | "state">;

/**
 * A function that reads the cluster. A node that does not answer is in the answer without settings and
 * without its shard groups; NODE_UNAVAILABLE when the Citus coordinator node does not. It remembers how far
 * each node's write-ahead log was.
 */
export function createInventoryReader({
  admin,
  adminOf,
  monotonicMs,
}: InventorySources): (signal: AbortSignal) => Promise<ClusterReading> {
  const lastPositions = new Map<string, { readonly position: number; readonly atMs: number }>();

  const walRate = (name: string, { position, wal_bytes, wal_seconds }: Row): number => {
    const now = { position: Number(position), atMs: monotonicMs() };
    const last = lastPositions.get(name);
    if (last !== undefined && now.atMs - last.atMs < MIN_WAL_INTERVAL_MS) {
      return Number(wal_bytes) / Math.max(1, Number(wal_seconds));
    }
    lastPositions.set(name, now);
    if (last === undefined) return Number(wal_bytes) / Math.max(1, Number(wal_seconds));
    // A log that begins anew, after a fail-over, says nothing yet.
    return Math.max(0, ((now.position - last.position) / (now.atMs - last.atMs)) * 1000);
  };

  const askNode = async (known: KnownNode, query: AdminQuery): Promise<NodeReading> => {
    await query(SHOW_SHARDS);
    const [activity = {}] = await query(ACTIVITY);
    const settings = toSettings(await query(FACTS), await query(EXTENSIONS), activity);
    const shardGroups = (await query(SHARD_GROUPS)).map((row) => toShardGroup(row, known.group));
    const largeNamespaces = (
      await query(LARGE_NAMESPACES, [
        LARGE_NAMESPACE_ROWS,
        shardGroups.map(({ collection }) => collection),
        shardGroups.map(({ shard }) => shard),
      ])
    ).map(toLargeNamespace);
    const node = {
      ...known,
      settings,
      disk: await readDisk(query),
      walBytesPerSecond: walRate(known.name, activity),
      hidesStandbys: (await query(HIDES_STANDBYS))[0]?.hidden === true,
    };
    return { node, shardGroups, largeNamespaces };
  };

  const readNode = async (known: KnownNode, signal: AbortSignal): Promise<NodeReading> => {
    const reason = () => new OrreryError("NODE_UNAVAILABLE", `${known.name} says nothing for ${NODE_MS} ms`);
    try {
      return await runWithin({ ms: NODE_MS, reason, signal }, (limited) =>
        withAdminSession(adminOf(known.name), limited, (query) => askNode(known, query)),
      );
    } catch (error) {
      signal.throwIfAborted();
      if (!isOrreryError(error)) throw error;
      const silent = {
        settings: undefined,
        disk: undefined,
        walBytesPerSecond: undefined,
        hidesStandbys: false,
      };
      return { node: { ...known, ...silent }, shardGroups: [], largeNamespaces: [] };
    }
  };

  return async (signal) => {
    const { nodes, pins, rates } = await withAdminSession(admin, signal, async (query) => {
      const [tables] = await query(HAS_TABLES);
      return {
        nodes: (await query(NODES)).map(toNode),
        pins: tables?.pins === true ? (await query(PINS)).map(toPin) : [],
        rates: tables?.history === true ? toRates((await query(RATES))[0] ?? {}) : undefined,
      };
    });
    const read = await Promise.all(nodes.map((node) => readNode(node, signal)));
    return {
      nodes: read.map(({ node }) => node),
      shardGroups: read.flatMap(({ shardGroups }) => shardGroups),
      largeNamespaces: read.flatMap(({ largeNamespaces }) => largeNamespaces),
      pins,
      rates,
    };
  };
}

/**
 * None on a schema that does not know pins. NODE_UNAVAILABLE when the Citus coordinator node does not answer.
 */
export async function readPins(admin: AdminOptions, signal: AbortSignal): Promise<ClusterReading["pins"]> {
  return withAdminSession(admin, signal, async (query) => {
    const [tables] = await query(HAS_TABLES);
    return tables?.pins === true ? (await query(PINS)).map(toPin) : [];
  });
}

function toNode({ nodeid, groupid, name, state }: Row): KnownNode {
  return { node: Number(nodeid), group: Number(groupid), name: String(name), state: state as NodeState };
}

function toPin({ collection, namespace, shard_key, group_id }: Row) {
  return {
    collection: String(collection),
    namespace: String(namespace),
    shardKey: String(shard_key),
    group: Number(group_id),
  };
}

/** Phases are looked at twice a second: what took less in all says nothing about a rate. */
const LEAST_PHASE_MS = 2_000;

function toRates(row: Row): ClusterReading["rates"] {
  const { moves, copy_bytes, copy_ms, index_bytes, index_ms, overhead_ms } = row;
  if (Number(moves) === 0) return undefined;
  const rate = (bytes: unknown, ms: unknown) =>
    Number(ms) >= LEAST_PHASE_MS && Number(bytes) > 0 ? (Number(bytes) / Number(ms)) * 1000 : undefined;
  const copyBytesPerSecond = rate(copy_bytes, copy_ms);
  const indexBytesPerSecond = rate(index_bytes, index_ms);
  return {
    ...(copyBytesPerSecond !== undefined && { copyBytesPerSecond }),
    ...(indexBytesPerSecond !== undefined && { indexBytesPerSecond }),
    overheadSeconds: Math.max(0, Number(overhead_ms) / 1000),
    measuredMoves: Number(moves),
  };
}

function toShardGroup(row: Row, group: number): ReadShardGroup {
  return {
    shard: Number(row.shard),
    collection: String(row.collection),
    min: Number(row.min),
    max: Number(row.max),
    group,
    bytes: Number(row.bytes),
    indexBytes: Number(row.index_bytes),
    rows: Math.round(Number(row.rows)),
    replicaIdentity: row.replica_identity === true,
  };
}

function toLargeNamespace({ collection, namespace, shard, rows }: Row): LargeNamespace {
  return {
    collection: String(collection),
    namespace: String(namespace),
    shard: Number(shard),
    rows: Number(rows),
  };
}

function toSettings(facts: readonly Row[], extensions: readonly Row[], { slots }: Row): NodeSettings {
  const setting = (name: string) => facts.find((row) => row.name === name)?.setting;
  const version = (name: string) => extensions.find(({ extname }) => extname === name)?.extversion;
  const plugins = setting("output_plugin_libraries");
  const pgvector = version("vector");
  const keepMegabytes = Number(setting("max_slot_wal_keep_size"));
  return {
    postgresMajor: Math.floor(Number(setting("server_version_num")) / 10_000),
    citus: String(version("citus") ?? ""),
    pgvector: pgvector === undefined ? undefined : String(pgvector),
    walLevel: String(setting("wal_level")),
    maxWorkerProcesses: Number(setting("max_worker_processes")),
    maxLogicalReplicationWorkers: Number(setting("max_logical_replication_workers")),
    maxWalSenders: Number(setting("max_wal_senders")),
    maxReplicationSlots: Number(setting("max_replication_slots")),
    usedReplicationSlots: Number(slots),
    maxPreparedTransactions: Number(setting("max_prepared_transactions")),
    outputPluginLibraries: plugins === undefined ? undefined : String(plugins),
    maxSlotWalKeepBytes: keepMegabytes >= 0 ? keepMegabytes * 1024 * 1024 : undefined,
  };
}

/** Citus may be unable to tell, as on some file systems. */
async function readDisk(query: AdminQuery): Promise<NodeInventory["disk"]> {
  try {
    const [row] = await query(DISK);
    const totalBytes = Number(row?.total_disk_size);
    return totalBytes > 0 ? { freeBytes: Number(row?.available_disk_size), totalBytes } : undefined;
  } catch (error) {
    if (isOrreryError(error, "STATEMENT_FAILED", "NODE_NOT_MIGRATED")) return undefined;
    throw error;
  }
}
