/** Sizes, settings, disks and pins of a Citus cluster, asked of every node at once. */
import { isOrreryError, OrreryError } from "../../errors.ts";
import { runWithin } from "../../lib/time-limit.ts";
import type {
  ClusterReading,
  LargeNamespace,
  NodeInventory,
  ReadShardGroup,
} from "../../rebalance/cluster-inventory.ts";
import { readServer } from "../../servers/read-server.ts";
import { type AdminOptions, type AdminQuery, withAdminSession } from "../../shards/pg/admin-session.ts";
import { readDisk } from "./sql/disk.ts";
import { readLargeNamespaces } from "./sql/large-namespaces.ts";
import { readMoveRates } from "./sql/move-history.ts";
import { type CatalogNode, readNodeStates } from "./sql/node-states.ts";
import { readPinsByName } from "./sql/pins.ts";
import { hidesStandbys } from "./sql/replication-lag.ts";
import { readShardGroups } from "./sql/shard-groups.ts";
import { showShards } from "./sql/show-shards.ts";
import { readWalPosition } from "./sql/wal-position.ts";
import { createWalRates } from "./wal-rates.ts";

export interface ClusterReaderOptions {
  /** Sessions on the Citus coordinator node as a role that may change the schema. */
  readonly admin: AdminOptions;
  /** The same for a node by its name in the catalogs. */
  readonly adminOf: (node: string) => AdminOptions;
  /** Milliseconds; only differences matter. */
  readonly monotonicMs: () => number;
}

/** A node that hangs counts as one that does not answer, and the others are read all the same. */
const NODE_MS = 10_000;

interface NodeReading {
  readonly node: NodeInventory;
  readonly shardGroups: readonly ReadShardGroup[];
  readonly largeNamespaces: readonly LargeNamespace[];
}

/** As RuntimePlacement.readCluster. */
export function createClusterReader({
  admin,
  adminOf,
  monotonicMs,
}: ClusterReaderOptions): (signal: AbortSignal) => Promise<ClusterReading> {
  const walRate = createWalRates(monotonicMs);

  const askNode = async (known: CatalogNode, query: AdminQuery): Promise<NodeReading> => {
    await showShards(query);
    const wal = await readWalPosition(query);
    const server = await readServer(query);
    const shardGroups = await readShardGroups(query, known.group);
    const largeNamespaces = await readLargeNamespaces(query, shardGroups);
    const node = {
      ...known,
      server,
      disk: await readDisk(query),
      walBytesPerSecond: walRate(known.name, wal),
      hidesStandbys: await hidesStandbys(query),
    };
    return { node, shardGroups, largeNamespaces };
  };

  const readNode = async (known: CatalogNode, signal: AbortSignal): Promise<NodeReading> => {
    const reason = () => new OrreryError("NODE_UNAVAILABLE", `${known.name} says nothing for ${NODE_MS} ms`);
    try {
      return await runWithin({ ms: NODE_MS, reason, signal }, (limited) =>
        withAdminSession(adminOf(known.name), limited, (query) => askNode(known, query)),
      );
    } catch (error) {
      signal.throwIfAborted();
      if (!isOrreryError(error)) throw error;
      const unknown = {
        server: undefined,
        disk: undefined,
        walBytesPerSecond: undefined,
        hidesStandbys: false,
      };
      return { node: { ...known, ...unknown }, shardGroups: [], largeNamespaces: [] };
    }
  };

  return async (signal) => {
    const { nodes, pins, rates } = await withAdminSession(admin, signal, async (query) => ({
      nodes: await readNodeStates(query),
      pins: await readPinsByName(query),
      rates: await readMoveRates(query),
    }));
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
