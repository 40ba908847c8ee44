/** A cluster with some namespaces and coordinator processes, with what tests of operations need. */
import { expect } from "vitest";
import { type Defer, withReleasers } from "../../src/lib/releasers.ts";
import type { OperationMessage } from "../../src/proto/generated/orrery/v1/Operation.ts";
import { type CitusCluster, startCitusCluster } from "./citus-cluster.ts";
import { f32, runMigrate } from "./coordinator.ts";
import { type Crew, startCrew } from "./coordinator-crew.ts";
import { type EtcdServer, startEtcd } from "./etcd-server.ts";
import { expectNothingLeft } from "./leftovers.ts";
import { placementOf, shardOfSeveral } from "./placements.ts";
import { waitFor } from "./wait-for.ts";

export const NAMESPACES = Array.from({ length: 8 }, (_, i) => `ns${i}`);
const KEYS = Array.from({ length: 10 }, (_, i) => `k${i}`);

export type CrewClient = Awaited<ReturnType<Crew["leader"]>>["client"];

export interface OperationsFixture {
  readonly cluster: CitusCluster;
  readonly etcd: EtcdServer;
  readonly crew: Crew;
  readonly settings: Readonly<Record<string, string>>;
  /** Calls the present leader. */
  call<T>(use: (client: CrewClient) => Promise<T>): Promise<T>;
  /** Waits for the end of an operation. */
  ended(id: string): Promise<OperationMessage>;
  /** The shard of a namespace and the node that holds it. */
  placeOf(namespace: string): Promise<{ readonly shardId: string; readonly name: string }>;
  /** Any other worker. */
  workerBut(name: string): string;
  /** A shard that holds more than one namespace. */
  shardOfSeveral(): Promise<string>;
  shardCount(): Promise<number>;
  /** How many shard groups a node holds. */
  groupsOn(name: string): Promise<number>;
  /**
   * Every record is there once, by the lists and by the count of all shards, and no change left anything
   * behind.
   */
  expectNothingLostOrLeft(): Promise<void>;
  stop(): Promise<void>;
}

export async function startOperationsFixture(
  more: Readonly<Record<string, string>> = {},
): Promise<OperationsFixture> {
  const { value, stop } = await withReleasers((defer) => build(more, defer));
  return { ...value, stop };
}

async function build(more: Readonly<Record<string, string>>, defer: Defer) {
  const [cluster, etcd] = await Promise.all([startCitusCluster({ workers: 3, proxied: true }), startEtcd()]);
  defer("cluster", () => cluster.stop(), 60_000);
  defer("etcd", () => etcd.stop());
  const settings = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "4",
    ORRERY_TOPOLOGY_LEASE_TTL_SECONDS: "10",
    ...more,
  };
  await runMigrate(settings);
  const crew = await startCrew(cluster, etcd, settings);
  defer("coordinators", () => crew.stop(), 30_000);

  const call = async <T>(use: (client: CrewClient) => Promise<T>) => use((await crew.leader()).client);
  for (const namespace of NAMESPACES) {
    const records = KEYS.map((key, i) => ({ namespace, key, value: "v", vector: f32([1, i + 1, 3]) }));
    await call((client) => client.vector.upsert({ records }));
  }

  return {
    cluster,
    etcd,
    crew,
    settings,
    call,
    ended: (id: string) =>
      waitFor(
        async () => {
          const operation = await call((client) => client.operation.getOperation({ id }));
          return operation.endTime === null ? undefined : operation;
        },
        { what: `operation ${id} to end`, timeoutMs: 90_000, intervalMs: 50 },
      ),
    async placeOf(namespace: string) {
      const { shardId, node } = await placementOf(cluster, namespace);
      return { shardId, name: node };
    },
    workerBut: (name: string) => cluster.nodes.slice(1).find((other) => other.name !== name)?.name ?? "",
    shardOfSeveral: () => shardOfSeveral(cluster, NAMESPACES),
    shardCount: async () =>
      (await cluster.sql("SELECT FROM pg_dist_shard WHERE logicalrelid = 'memory_entries'::regclass")).length,
    groupsOn: async (name: string) =>
      (
        await cluster.sql(
          `SELECT FROM pg_dist_shard JOIN pg_dist_placement USING (shardid) JOIN pg_dist_node USING (groupid)
WHERE logicalrelid = 'memory_entries'::regclass AND concat(nodename, ':', nodeport) = $1`,
          [name],
        )
      ).length,
    async expectNothingLostOrLeft() {
      const found: string[] = [];
      for (const namespace of NAMESPACES) {
        const { records } = await call((client) => client.vector.list({ namespace, pageSize: 100 }));
        found.push(...records.map(({ key }) => `${namespace} ${key}`));
      }
      expect(found.toSorted()).toEqual(
        NAMESPACES.flatMap((name) => KEYS.map((key) => `${name} ${key}`)).toSorted(),
      );
      expect(await call((client) => client.vector.count({ allNamespaces: true }))).toMatchObject({
        count: String(NAMESPACES.length * KEYS.length),
      });
      await expectNothingLeft(cluster);
    },
  };
}
