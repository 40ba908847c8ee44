/** Plain pgvector, and Orrery. Each has a PostgreSQL server of the cluster to itself. */
import { createClient } from "../../../src/client/client.ts";
import { createCollection, dropCollection } from "../../setup/collection.ts";
import { startCoordinator } from "../../setup/coordinator.ts";
import { ownerOf } from "../../setup/topic-collection.ts";
import type { PeerDefinition } from "../peer.ts";

const STATISTICS_INTERVAL_MS = 2_000;

/** A local table on the Citus coordinator node, where no shards are. */
export const pgvector: PeerDefinition = {
  id: "pgvector",
  place: "server",
  async open({ cluster, kind, dimension, capacity, clients, defer }) {
    const node = cluster.nodes.find(({ group }) => group === 0);
    if (node?.pid === undefined) throw new Error("the Citus coordinator node is not on this machine");
    const table = `peers_${kind}`;
    defer("table", () => cluster.sql(`DROP TABLE IF EXISTS ${table}`));
    const { server_version: server, vector } = cluster.settings;
    return {
      name: `pgvector ${vector}, PostgreSQL ${server?.split(" ")[0]}`,
      spec: { kind: "pgvector", url: node.url, table, dimension, capacity, clients },
      watched: { coordinators: [], postgres: [node.pid] },
    };
  },
};

/** A collection of one shard on the one worker, and a coordinator of its own. */
export const orrery: PeerDefinition = {
  id: "orrery",
  place: "server",
  async open({ cluster, kind, dimension, capacity, clients, defer }) {
    const coordinator = await startCoordinator({
      citusUrl: cluster.url,
      // Given, it leaves no calibration to run beside the searches; each of these says its own.
      efSearch: 40,
      settings: { ORRERY_QUERY_STATISTICS_INTERVAL_MS: String(STATISTICS_INTERVAL_MS) },
    });
    defer("coordinator", () => coordinator.stop(), 30_000);
    const { address, pid } = coordinator;
    const name = `peers_${kind}`;
    const collection = await createCollection(cluster, address, { name, dimension, shards: 1 });
    defer("collection", () => dropCollection(address, collection), 30_000);
    await declareChance(address, name);
    const owner = await ownerOf(cluster, name);
    if (owner.pid === undefined) throw new Error("the worker is not on this machine");
    return {
      name: "Orrery",
      spec: {
        kind: "orrery",
        address,
        collection: name,
        url: cluster.url,
        table: collection.table,
        statisticsIntervalMs: STATISTICS_INTERVAL_MS,
        dimension,
        capacity,
        clients,
      },
      watched: { coordinators: [pid], postgres: [owner.pid] },
    };
  },
};

/** Has the field indexed that filters compare, as the table of plain pgvector has it. */
async function declareChance(address: string, name: string): Promise<void> {
  const client = createClient(address);
  try {
    const { id } = await client.collection.updateCollection({
      name,
      addFilterIndexes: [{ fields: [{ path: "chance", type: "FIELD_TYPE_NUMBER" }] }],
    });
    for await (const { error } of client.operation.watchOperation({ id })) {
      if (error !== null && error.code !== 0) throw new Error(error.message);
    }
  } finally {
    client.close();
  }
}
