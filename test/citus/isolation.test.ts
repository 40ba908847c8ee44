/** A move that blocks writes, and what the others of its node get meanwhile. */
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { countEnds, endOf, NOT_APPLIED, useAll, vectorOf } from "../support/neighbours.ts";
import { placementOf } from "../support/placements.ts";
import { shardMoves } from "../support/shard-moves.ts";
import { waitFor } from "../support/wait-for.ts";

const NAMESPACES = Array.from({ length: 24 }, (_, i) => `ns${i}`);
const BLOCKED = "ns0";
const WRITE_DEADLINE_MS = 6_000;
/** Others that waited for those writes would wait longer. */
const OTHERS_DEADLINE_MS = 4_000;
const KEYS = 20;

let cluster: CitusCluster;
let coordinator: TestCoordinator;

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 2 });
  const env = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "8",
  };
  await runMigrate(env);
  coordinator = await startTestCoordinator(env);
  const records = NAMESPACES.flatMap((namespace) =>
    Array.from({ length: KEYS }, (_, i) => ({ namespace, key: `k${i}`, value: "v", vector: vectorOf(i) })),
  );
  await coordinator.client.vector.upsert({ records });
});

afterAll(async () => {
  await coordinator?.stop();
  await cluster?.stop();
});

const isUnderWay = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";

it("a move that blocks the writes of its shard takes nothing from other shards, and each write knows its end", async () => {
  const { client } = coordinator;
  const moves = shardMoves(cluster, "memory_entries", BLOCKED);
  const { shard, source, target } = await moves.placement();
  const placements = await Promise.all(NAMESPACES.map((name) => placementOf(cluster, name)));
  const others = NAMESPACES.filter((_, i) => {
    const placement = placements[i];
    return placement?.node === source && placement.shardId !== String(shard);
  });
  expect(others.length).toBeGreaterThan(2);

  const session = new pg.Client({ connectionString: cluster.adminUrl });
  await session.connect();
  // Where the test fails, the cluster stops before the session ends.
  session.on("error", () => {});
  await session.query("BEGIN");
  const [from, to] = [source, target].map((node) => node.split(":"));
  await session.query("SELECT citus_move_shard_placement($1, $2, $3, $4, $5, 'block_writes')", [
    shard,
    ...(from ?? []),
    ...(to ?? []),
  ]);

  const writes: Promise<string>[] = [];
  const begin = (key: number) =>
    writes.push(
      endOf(
        client.vector.upsert(
          { records: [{ namespace: BLOCKED, key: `k${key % KEYS}`, value: "late", vector: vectorOf(key) }] },
          { deadlineMs: WRITE_DEADLINE_MS },
        ),
      ),
    );
  for (let key = 0; key < 30; key += 1) begin(key);
  const node = cluster.nodes.find(({ name }) => name === source);
  await waitFor(async () => ((await node?.server.sql(isUnderWay)) ?? []).length > 0, {
    what: "writes that wait",
  });
  await useAll(client, others, { rounds: 4, deadlineMs: OTHERS_DEADLINE_MS });
  const ends = countEnds(await Promise.all(writes.splice(0)));
  expect(NOT_APPLIED).toEqual(expect.arrayContaining(Object.keys(ends)));
  expect(ends.LOCK_TIMEOUT).toBeGreaterThan(0);

  for (let key = 0; key < 4; key += 1) begin(key);
  await session.query("COMMIT");
  await session.end();
  expect(countEnds(await Promise.all(writes))).toEqual({ ok: 4 });
  const { records } = await client.vector.list({
    namespace: BLOCKED,
    pageSize: 100,
    includeValue: true,
  });
  expect(
    records
      .filter(({ value }) => value === "late")
      .map(({ key }) => key)
      .sort(),
  ).toEqual(["k0", "k1", "k2", "k3"]);
});
