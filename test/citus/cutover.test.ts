import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { placedHere } from "../../src/engines/citus/sql/placed-here.ts";
import { OrreryError } from "../../src/errors.ts";
import { countStatement } from "../../src/shards/sql/count.ts";
import { hashText, shardAt } from "../../src/topology/ring.ts";
import type { ShardMap } from "../../src/topology/shard-map.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { type ShardMoves, shardMoves } from "../support/shard-moves.ts";
import { type Stack, startStack, within } from "../support/stack.ts";
import { waitFor } from "../support/wait-for.ts";

const COLLECTION = "memory_entries";
const NAMESPACE = "moving";
const DIMENSION = 3;
const WRITERS = 8;
const MOVES = 40;

let cluster: CitusCluster;
let stack: Stack;
let moves: ShardMoves;

const include = { value: true, metadata: false, vector: false };

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 3, proxied: true });
  stack = await startStack({
    url: cluster.adminUrl,
    keepStale: true,
    env: { ORRERY_COLLECTION_DEFAULT_DIMENSION: String(DIMENSION), ORRERY_COLLECTION_SHARDS: "4" },
  });
  await stack.engine.migrate(AbortSignal.timeout(60_000));
  await stack.reload();
  moves = shardMoves(cluster, COLLECTION, NAMESPACE);
});

afterAll(async () => {
  await stack?.stop();
  await cluster?.stop();
});

const nodeOf = (name: string) => {
  const node = cluster.nodes.find((other) => other.name === name);
  if (node?.proxy === undefined) throw new Error(`no proxy of ${name}`);
  return { ...node, proxy: node.proxy };
};

const vector = (i: number) => new Float32Array([1, i + 1, (i * 7) % 13]);

/** Writes one record with plain SQL through this node, as any other client of the database would. */
async function writeBySql(node: number, key: string): Promise<void> {
  await cluster.nodes[node]?.server.sql(
    `INSERT INTO memory_entries (shard_key, namespace, key, value, metadata, tags, embedding, created_at, updated_at, version)
VALUES ($1, $1, $2, 'by sql', '{}', '{}', '[1,2,3]', now(), now(), 1)`,
    [NAMESPACE, key],
  );
}

async function writeByOrrery(key: string, i: number): Promise<boolean> {
  const record = { namespace: NAMESPACE, key, value: "by orrery", vector: vector(i) };
  try {
    const [result] = await stack.write.upsert(
      { collection: COLLECTION, records: [record], mode: "insert" },
      within(10_000),
    );
    return result?.error === undefined;
  } catch (error) {
    if (error instanceof OrreryError && error.code === "WRITE_OUTCOME_UNKNOWN") return false;
    throw error;
  }
}

describe("a shard that moves, is split and isolated", () => {
  it("a read through a stale map returns every acknowledged write at once, exactly once, while its shard moves", async () => {
    const stale: ShardMap = stack.topology.current();
    const acknowledged = new Set<string>();
    const missing: string[] = [];
    let done = false;
    const writer = async (id: number) => {
      for (let i = 0; !done; i += 1) {
        const key = `w${id}-${i}`;
        if (id % 2 === 0) {
          if (!(await writeByOrrery(key, i))) continue;
        } else {
          // A split may refuse plain SQL; such a write was not acknowledged.
          if (
            !(await writeBySql(i % cluster.nodes.length, key).then(
              () => true,
              () => false,
            ))
          )
            continue;
        }
        acknowledged.add(key);
        const refs = [{ namespace: NAMESPACE, key }];
        const found = await stack.query.get(
          { collection: COLLECTION, records: refs, include },
          within(10_000),
        );
        if (found.length !== 1) missing.push(key);
      }
    };
    const writers = Array.from({ length: WRITERS }, (_, id) => writer(id));
    try {
      for (let i = 0; i < MOVES; i += 1) {
        await moves.move(i % 4 === 3 ? "force_logical" : "block_writes");
        if (i === 10) await moves.split();
        if (i === 20) await moves.isolate();
      }
    } finally {
      done = true;
      await Promise.all(writers);
    }

    expect(stack.topology.current()).toBe(stale);
    expect(stack.reroutes()).toBeGreaterThan(0);
    expect(missing).toEqual([]);
    const keys: string[] = [];
    for (let afterKey = ""; ; ) {
      const page = await stack.query.list(
        { collection: COLLECTION, namespace: NAMESPACE, pageSize: 1000, afterKey, include },
        within(10_000),
      );
      keys.push(...page.records.map(({ key }) => key));
      if (page.nextAfterKey === undefined) break;
      afterKey = page.nextAfterKey;
    }
    expect(new Set(keys).size).toBe(keys.length);
    expect([...acknowledged].filter((key) => !keys.includes(key))).toEqual([]);
    const scope = { kind: "namespaces", namespaces: [NAMESPACE] } as const;
    const counted = await stack.query.count({ collection: COLLECTION, scope }, within(10_000));
    expect(Number(counted.count)).toBe(keys.length);
    console.info(
      `${acknowledged.size} acknowledged writes over ${MOVES} moves, ${stack.reroutes()} statements re-routed`,
    );
  });
});

describe("a move whose commit has not reached the source node", () => {
  it("a read through the source node waits for the commit of the move, then returns what was written on the target", async () => {
    const fresh = await stack.reload();
    const { source } = await moves.placement();
    const held = cluster.nodes.find(({ name }) => name === source);
    const hold = held?.proxy?.hold("COMMIT PREPARED");
    if (held === undefined || hold === undefined) throw new Error("no proxy");
    const collection = fresh.collections.find(({ name }) => name === COLLECTION);
    if (collection === undefined) throw new Error("no collection");
    const group = shardAt(collection, hashText(NAMESPACE)).group;
    expect(fresh.nodes.find((node) => node.group === group)?.name).toBe(source);

    const moved = moves.move("block_writes");
    await waitFor(() => hold.held() > 0, { what: "the commit to be held back" });
    const other = cluster.nodes.findIndex(({ name }, index) => index > 0 && name !== source);
    await writeBySql(other, "behind the held commit");

    const refs = [{ namespace: NAMESPACE, key: "behind the held commit" }];
    const get = (ms: number) =>
      stack.query.get({ collection: COLLECTION, records: refs, include }, within(ms));
    await expect(get(500)).rejects.toMatchObject({ code: "SHARD_MOVING" });
    const waiting = get(20_000);
    hold.release();
    await moved;
    expect(await waiting).toHaveLength(1);
  });
});

describe("a move that is prepared, but not on every node", () => {
  it("only the shard that moves waits while a third worker holds up the commit of its move", async () => {
    const { shard, source, target } = await moves.placement();
    const others = await writeToOthers(shard, source);
    const third = cluster.nodes.slice(1).find(({ name }) => name !== source && name !== target);
    const hold = nodeOf(String(third?.name)).proxy.hold("PREPARE TRANSACTION");
    const moved = moves.move("block_writes");
    await waitFor(async () => hold.held() > 0 && (await prepared(source)) * (await prepared(target)) > 0, {
      what: "the move to be prepared on its source and its target only",
    });
    try {
      await searchAll(others);
      const scope = { kind: "namespaces", namespaces: [NAMESPACE] } as const;
      await expect(stack.query.count({ collection: COLLECTION, scope }, within(500))).rejects.toMatchObject({
        code: "SHARD_MOVING",
      });
    } finally {
      hold.release();
      await moved;
    }
    expect((await moves.placement()).source).toBe(target);
  });
});

describe("a Citus coordinator node that dies while a move commits", () => {
  it.each([
    { held: "PREPARE TRANSACTION", outcome: "undone" },
    { held: "COMMIT PREPARED", outcome: "finished" },
  ] as const)(
    "all shards but the one that moves are served when it dies before $held, and the move is $outcome once it is back",
    async ({ held, outcome }) => {
      const { shard, source, target } = await moves.placement();
      const others = await writeToOthers(shard, source);
      const refs = { kind: "namespaces", namespaces: [NAMESPACE] } as const;
      const count = (ms: number) =>
        stack.query.count({ collection: COLLECTION, scope: refs }, within(ms)).then((found) => found.count);
      const records = await count(5_000);
      const third = cluster.nodes.slice(1).find(({ name }) => name !== source && name !== target);
      // The first phase ends with the worker that has nothing of the shard; the second begins anywhere.
      const holds = (held === "PREPARE TRANSACTION" ? [String(third?.name)] : [source, target]).map((name) =>
        nodeOf(name).proxy.hold(held),
      );
      const moved = moves.move("block_writes").catch(() => {});
      await waitFor(
        async () =>
          holds.every((hold) => hold.held() > 0) && (await prepared(source)) * (await prepared(target)) > 0,
        { what: "the move to be prepared" },
      );
      await cluster.coordinator.kill();
      await moved;
      try {
        await searchAll(others);
        await expect(count(500)).rejects.toMatchObject({ code: "SHARD_MOVING" });
      } finally {
        for (const hold of holds) hold.release();
        await cluster.coordinator.restart();
      }
      await waitFor(
        async () => {
          await stack.engine.check(AbortSignal.timeout(10_000));
          const left = await Promise.all(cluster.nodes.slice(1).map(({ name }) => prepared(name)));
          return left.every((transactions) => transactions === 0);
        },
        { what: "the recovery of what was prepared", timeoutMs: 60_000 },
      );
      expect((await moves.placement()).source).toBe(outcome === "finished" ? target : source);
      expect(await count(5_000)).toBe(records);
      await searchAll(others);
    },
  );
});

describe("a shard that a node does not know", () => {
  it("a read of a shard that is gone, as after a split, is refused", async () => {
    // The namespace of the other tests may have a shard of one hash by now, which cannot be split.
    const others = shardMoves(cluster, COLLECTION, "tenant-1");
    const { shard, source } = await others.placement();
    const { server } = nodeOf(source);
    expect(await server.sql(`SELECT orrery.shard_read(${shard}, 0)`)).toHaveLength(1);
    expect(await server.sql(`SELECT ${placedHere(shard)} AS here`)).toEqual([{ here: true }]);
    await others.split();
    expect(await server.sql(`SELECT ${placedHere(shard)} AS here`)).toEqual([{ here: null }]);
    await expect(server.sql(`SELECT orrery.shard_read(${shard}, 0)`)).rejects.toMatchObject({
      code: "OR001",
      message: expect.stringMatching(/is gone/),
    });
  });
});

describe("a shard that comes back to a node", () => {
  it("a statement that began before the shard came back is refused, although the shard is here when its fence runs", async () => {
    const { source: home } = await moves.placement();
    const destination = nodeOf(home);
    await moves.move("block_writes");
    const { shard, source: away } = await moves.placement();
    await cluster.sql("CALL citus_cleanup_orphaned_resources()");
    // The records that are written from here on come to the node after its copy of the others.
    const hold = destination.proxy.hold(" ENABLE");
    const back = cluster.sql("SELECT citus_move_shard_placement($1, $2, $3, $4, $5, 'force_logical')", [
      shard,
      ...addressOf(away),
      ...addressOf(home),
    ]);
    await waitFor(() => hold.held() > 0, { what: "the copy of the shard" });
    await writeBySql(
      cluster.nodes.findIndex(({ name }) => name === away),
      "while it comes back",
    );

    const branch = { relation: `public.${COLLECTION}_${shard}`, shardId: shard, shardKeys: "all" } as const;
    const statement = countStatement({ branches: [{ ...branch, isHere: placedHere(shard) }] });
    const blocker = await connect(destination.server.adminUrl);
    await blocker.query("SELECT pg_advisory_lock(77)");
    const reader = await connect(destination.server.adminUrl);
    const read = reader
      .query(`SELECT 0, count(pg_advisory_xact_lock_shared(77)::text) UNION ALL ${statement.text}`)
      .then(
        ({ rows }) => rows,
        (error: unknown) => error,
      );
    await waitFor(
      async () =>
        (
          await destination.server.sql(
            "SELECT FROM pg_stat_activity WHERE wait_event = 'advisory' AND query LIKE '%UNION ALL%'",
          )
        ).length === 1,
      { what: "the statement to have its snapshot" },
    );
    hold.release();
    await back;
    expect((await moves.placement()).source).toBe(home);
    await blocker.end();
    expect(await read).toMatchObject({ code: "OR001" });
    const again = await reader.query(
      `SELECT FROM public.${COLLECTION}_${shard} WHERE key = 'while it comes back' AND (SELECT orrery.shard_read(${shard}, 0))`,
    );
    expect(again.rows).toHaveLength(1);
    await reader.end();
  });
});

/** How many transactions are prepared on a node. */
const prepared = async (name: string) =>
  (await nodeOf(name).server.sql("SELECT FROM pg_prepared_xacts")).length;

/** A record each in namespaces of all other shards, of which `source` has some; returns the namespaces. */
async function writeToOthers(shard: number, source: string): Promise<readonly string[]> {
  const rows = await cluster.sql(
    `SELECT DISTINCT ON (shardid) 'tenant-' || i AS namespace, groupid
FROM generate_series(1, 200) i, pg_dist_placement
WHERE shardid = get_shard_id_for_distribution_column($1::regclass, 'tenant-' || i) AND shardid <> $2`,
    [COLLECTION, shard],
  );
  const groupOf = (name: string) => cluster.nodes.findIndex((node) => node.name === name);
  expect(rows.map(({ groupid }) => groupid)).toEqual(expect.arrayContaining([groupOf(source)]));
  const others = rows.map(({ namespace }) => String(namespace));
  const records = others.map((namespace, i) => ({ namespace, key: "k", value: "v", vector: vector(i) }));
  await stack.write.upsert({ collection: COLLECTION, records, mode: "upsert" }, within(10_000));
  await stack.reload();
  return others;
}

/** Each of them is found at once, and complete. */
async function searchAll(namespaces: readonly string[]): Promise<void> {
  for (const namespace of namespaces) {
    const found = await stack.query.search(
      {
        collection: COLLECTION,
        scope: { kind: "namespaces", namespaces: [namespace] },
        query: { kind: "vector", vector: vector(1) },
        topK: 1,
        params: {},
        allowPartial: false,
        include,
        includeProfile: false,
      },
      within(2_000),
    );
    expect(found.hits).toHaveLength(1);
    expect(found.completeness).toMatchObject({ targetsTotal: 1, targetsOk: 1, failures: [] });
  }
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}

function addressOf(node: string): [host: string, port: number] {
  const at = node.lastIndexOf(":");
  return [node.slice(0, at), Number(node.slice(at + 1))];
}
