import { afterAll, beforeAll, expect, it } from "vitest";
import { readHashWeights } from "../../src/engines/citus/sql/hash-weights.ts";
import { readPins, removePin } from "../../src/engines/citus/sql/pins.ts";
import { OrreryError } from "../../src/errors.ts";
import { chooseSplitPoint } from "../../src/operations/changes/split-points.ts";
import { type AdminQuery, withAdminSession } from "../../src/shards/pg/admin-session.ts";
import { hashText } from "../../src/topology/ring.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { type Stack, startStack, within } from "../support/stack.ts";
import { waitFor } from "../support/wait-for.ts";

const NEVER = new AbortController().signal;
const RING = { min: -(2 ** 31), max: 2 ** 31 - 1 };

let cluster: CitusCluster;
let stack: Stack;
let changes: NonNullable<Stack["engine"]["placement"]>["changes"];

const inAdminSession = <T>(use: (query: AdminQuery) => Promise<T>) =>
  withAdminSession({ node: "node-1", url: cluster.adminUrl, connectTimeoutMs: 5_000 }, NEVER, use);
const pinnedNamespaces = () =>
  inAdminSession(async (query) => (await readPins(query)).map(({ namespace }) => namespace));
const insert = (namespace: string) =>
  `INSERT INTO memory_entries (shard_key, namespace, key, value, metadata, tags, embedding, created_at, updated_at, version)
SELECT n, n, 'k', '', '{}', '{}', '[1,2,3]', now(), now(), 1 FROM (SELECT ${namespace} AS n) AS names`;

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 2 });
  const settings = { ORRERY_COLLECTION_DEFAULT_DIMENSION: "3", ORRERY_COLLECTION_SHARDS: "4" };
  stack = await startStack({ url: cluster.adminUrl, keepStale: true, env: settings });
  await stack.engine.migrate(AbortSignal.timeout(60_000));
  await stack.reload();
  changes = stack.engine.placement?.changes as typeof changes;
});
afterAll(async () => {
  await stack?.stop();
  await cluster?.stop();
});

it("only the present leader takes off a pin, and it blocks no later leader from starting meanwhile", async () => {
  const term = await stack.engine.raiseTerm("a", NEVER);
  for (const namespace of ["ns", "other"]) {
    await changes.putPin({ collection: 1, namespace, shardKey: namespace, group: 1 }, term, NEVER);
  }
  const pin = { collection: 1, namespace: "ns" };
  await expect(changes.removePin(pin, term - 1, NEVER)).rejects.toMatchObject({ code: "NOT_LEADER" });
  expect(await pinnedNamespaces()).toEqual(["ns", "other"]);
  // Whichever two of its statements it is frozen between.
  await inAdminSession((query) =>
    removePin(
      async (text, values) => {
        const rows = await query(text, values);
        await stack.engine.raiseTerm("b", AbortSignal.timeout(2_000));
        return rows;
      },
      pin,
      term,
    ),
  );
  expect(await pinnedNamespaces()).toEqual(["other"]);
  await changes.removePin(pin, term + 1, NEVER);
});

it("a past leader can run nothing on another server", async () => {
  const term = await stack.engine.raiseTerm("a", NEVER);
  const worker = (await changes.readNodes(NEVER)).find(({ group }) => group === 1);
  const server = cluster.nodes[1]?.server;
  if (worker === undefined || server === undefined) throw new Error("no worker");
  const settings = () =>
    server.sql("SELECT setdatabase = 0 AS of_all, setconfig FROM pg_db_role_setting ORDER BY 1, 2");
  const before = await settings();
  const past = { session: "orrery-op-past-0", term: term - 1 };
  const move = { kind: "move", shard: 1, source: worker.id, target: worker.id, blockWrites: false } as const;
  const refused = { code: "NOT_LEADER" };
  await expect(
    changes.setWritable(worker.name, { writable: false, term: past.term }, NEVER),
  ).rejects.toMatchObject(refused);
  await expect(changes.endSessions(worker.name, past.term, NEVER)).rejects.toMatchObject(refused);
  await expect(changes.runStatement(move, past, NEVER)).rejects.toMatchObject(refused);
  expect(await settings()).toEqual(before);

  await changes.setWritable(worker.name, { writable: false, term }, NEVER);
  expect(await settings()).toContainEqual({
    of_all: false,
    setconfig: ["default_transaction_read_only=on"],
  });
  await expect(
    changes.setWritable(worker.name, { writable: true, term: past.term }, NEVER),
  ).rejects.toMatchObject(refused);
  expect(await settings()).not.toEqual(before);
  await changes.setWritable(worker.name, { writable: true, term }, NEVER);
  expect(await settings()).toEqual(before);
});

it("a long statement goes on when its leader is gone, whatever the database sets for lost clients", async () => {
  await cluster.sql(
    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET client_connection_check_interval = 50', current_database()); END $$",
  );
  const term = await stack.engine.raiseTerm("a", NEVER);
  const [shard] = (await changes.readCatalog(NEVER)).collections[0]?.shards ?? [];
  const nodes = (await changes.readNodes(NEVER)).filter(({ group }) => group > 0);
  const source = nodes.find(({ group }) => group === shard?.group);
  const target = nodes.find(({ group }) => group !== shard?.group);
  const session = "orrery-op-x-0";
  const gone = new AbortController();
  const groupOf = async () =>
    (await changes.readCatalog(NEVER)).collections[0]?.shards.find(({ id }) => id === shard?.id)?.group;

  // An open transaction at the source keeps the move from taking its snapshot.
  const server = cluster.nodes[source?.group ?? 0]?.server;
  const url = server?.adminUrl ?? "";
  await withAdminSession({ node: "source", url, connectTimeoutMs: 5_000 }, NEVER, async (query) => {
    await query("BEGIN");
    await query("SELECT pg_current_xact_id()");
    const move = changes.runStatement(
      {
        kind: "move",
        shard: shard?.id ?? 0,
        source: source?.id ?? 0,
        target: target?.id ?? 0,
        blockWrites: false,
      },
      { session, term },
      gone.signal,
    );
    move.catch(() => {});
    const noted = async () => (await cluster.sql("SELECT FROM pg_dist_cleanup")).length;
    await waitFor(async () => (await noted()) > 0, { what: "what the move makes to be noted" });
    // Other operations need not wait for it.
    expect(await changes.cleanUp(term, NEVER)).toBe(0);
    expect(await noted()).toBeGreaterThan(0);
    gone.abort(new Error("gone"));
    await expect(move).rejects.toThrow("gone");
    // Many times longer than a lost client is left alone.
    for (let sample = 0; sample < 20; sample += 1) {
      await query("SELECT pg_sleep(0.05)");
      expect(await changes.isUnderWay(session, NEVER)).toBe(true);
    }
    await query("ROLLBACK");
  });
  await waitFor(async () => (await groupOf()) === target?.group, { what: "the move", timeoutMs: 60_000 });
});

it("a shard of many namespaces is weighed in a few thousand steps and halved by them", async () => {
  const names = Array.from({ length: 8_000 }, (_, i) => `name ${i}`);
  await cluster.sql(insert("unnest($1::text[])"), [names]);
  const weights = await inAdminSession((query) => readHashWeights(query, "public.memory_entries"));
  expect(weights.length).toBeLessThanOrEqual(4_096);
  expect(weights.length).toBeGreaterThan(3_500);
  expect(weights.reduce((sum, { rows }) => sum + rows, 0)).toBe(names.length);
  const point = chooseSplitPoint(weights, RING);
  const below = names.filter((name) => hashText(name) <= point).length;
  expect(Math.abs(below - names.length / 2)).toBeLessThan(names.length / 4_096);
});

it("what is written while the deletion of a namespace is frozen stays, wherever it was frozen", async () => {
  const context = { signal: NEVER, requestId: "r" };
  const collection = "memory_entries";
  const [namespace, key] = ["frozen", "k"];
  const vector = new Float32Array([1, 2, 3]);
  const put = (value: string) =>
    stack.write.upsert({ collection, mode: "upsert", records: [{ namespace, key, value, vector }] }, context);
  const remove = (confirm: () => Promise<void>) =>
    stack.write.deleteNamespace({ collection, namespace, confirm }, context);
  const stored = () => cluster.sql("SELECT value FROM memory_entries WHERE shard_key = $1", [namespace]);
  const taken = new OrreryError("NOT_LEADER", "another coordinator has taken it over");

  await put("old");
  // Frozen after it was confirmed: another leader has finished it, and a client has written since.
  let confirmed = 0;
  const thaw = async () => {
    confirmed += 1;
    if (confirmed > 1) throw taken;
    await remove(async () => {});
    expect(await stored()).toEqual([]);
    await put("new");
  };
  await expect(remove(thaw)).rejects.toBe(taken);
  expect(confirmed).toBe(2);
  expect(await stored()).toEqual([{ value: "new" }]);
  // Frozen before it was confirmed.
  await expect(remove(() => Promise.reject(taken))).rejects.toBe(taken);
  expect(await stored()).toEqual([{ value: "new" }]);
  expect(await remove(async () => {})).toBe(1);
  expect(await stored()).toEqual([]);
});

it("removing a node ends only Orrery's sessions, and only those of this database", async () => {
  const here = new URL(cluster.nodes[1]?.server.adminUrl ?? "");
  const open = (url: URL, applicationName: string, use: (query: AdminQuery) => Promise<void>) =>
    withAdminSession({ node: "node-1", url: url.href, connectTimeoutMs: 5_000, applicationName }, NEVER, use);
  const lives = (query: AdminQuery) =>
    query("SELECT 1").then(
      () => true,
      () => false,
    );
  await open(new URL("/postgres", here), "orrery", (elsewhere) =>
    open(here, "somebody", (other) =>
      open(here, "orrery", async (own) => {
        const rows = await cluster.nodes[1]?.server.sql("SELECT orrery.end_sessions() AS ended");
        expect(Number(rows?.[0]?.ended)).toBeGreaterThan(0);
        await waitFor(async () => !(await lives(own)), { what: "the end of the session" });
        expect([await lives(elsewhere), await lives(other)]).toEqual([true, true]);
      }),
    ),
  );
});

it("a shard that is locked by another session does not keep ANALYZE from the other shards", async () => {
  const spec = {
    dimension: 3,
    metric: "cosine",
    quantization: "none",
    hnsw: { m: 16, efConstruction: 64 },
    shardCount: 2,
  } as const;
  await stack.engine.createCollection({ name: "fresh", ...spec }, NEVER);
  const { collections } = await stack.reload();
  const fresh = collections.find(({ name }) => name === "fresh");
  await cluster.sql(insert("unnest($1::text[])").replace("memory_entries", fresh?.table ?? ""), [
    ["a", "b", "c", "d", "e", "f"],
  ]);
  const [first, second] = fresh?.shards ?? [];
  const tableOf = (shard: typeof first) => `${fresh?.table}_${shard?.id}`;
  const analysed = async (shard: typeof first) => {
    const [row] = await (cluster.nodes[shard?.group ?? 0]?.server.sql(
      "SELECT pg_stat_get_last_analyze_time(to_regclass($1)) IS NOT NULL AS done",
      [tableOf(shard)],
    ) ?? []);
    return row?.done;
  };
  const url = cluster.nodes[first?.group ?? 0]?.server.adminUrl ?? "";
  await withAdminSession({ node: "first", url, connectTimeoutMs: 5_000 }, NEVER, async (query) => {
    await query("SET citus.enable_manual_changes_to_shards TO on");
    await query("BEGIN");
    await query(`LOCK TABLE ${tableOf(first)} IN SHARE MODE`);
    await stack.engine.check(AbortSignal.timeout(10_000));
    await query("ROLLBACK");
  });
  expect([await analysed(first), await analysed(second)]).toEqual([false, true]);
  await stack.engine.check(AbortSignal.timeout(10_000));
  expect(await analysed(first)).toBe(true);
});

it("a collection is dropped by its id, so another one that took its name since stays", async () => {
  const { collections } = await stack.reload();
  const fresh = collections.find(({ name }) => name === "fresh");
  await stack.engine.dropCollection("fresh", NEVER, (fresh?.id ?? 0) - 1);
  expect((await stack.reload()).collections).toEqual(collections);
  await stack.engine.dropCollection("fresh", NEVER, fresh?.id);
  expect((await stack.reload()).collections.map(({ name }) => name)).toEqual(["memory_entries"]);
});

it("a write that Citus cannot forward because its node is away is unknown, never taken for one that was not applied", async () => {
  const shards = (await changes.readCatalog(NEVER)).collections[0]?.shards ?? [];
  const last = shards.find(({ group }) => group === 2);
  const namespace = Array.from({ length: 100 }, (_, i) => `away ${i}`).find((name) => {
    const hash = hashText(name);
    return last !== undefined && hash >= last.min && hash <= last.max;
  });
  // As a stale map would.
  const { clusterId, nodes, collections } = await changes.readCatalog(NEVER);
  const moved = collections.map((collection) => ({
    ...collection,
    shards: collection.shards.map((shard) => ({ ...shard, group: 1 })),
  }));
  stack.serve({ epoch: 1, clusterId, nodes, collections: moved });
  await cluster.workers[1]?.stop();
  const record = { namespace: namespace ?? "", key: "k", value: "", vector: new Float32Array([1, 2, 3]) };
  await expect(
    stack.write.upsert({ collection: "memory_entries", records: [record], mode: "upsert" }, within(10_000)),
  ).rejects.toMatchObject({ code: "WRITE_OUTCOME_UNKNOWN" });
});
