/**
 * What throttles or ends moves, on a real cluster with a real standby: lag, slow searches, and what cannot be
 * seen.
 */
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { f32, runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { finished } from "../support/finished.ts";
import { expectNothingLeft } from "../support/leftovers.ts";
import { placementOfShard } from "../support/placements.ts";
import { type Standby, startStandby } from "../support/standby.ts";
import { waitFor } from "../support/wait-for.ts";

const NAMESPACES = Array.from({ length: 12 }, (_, i) => `ns${i}`);
const STANDBY = "standby_of_1";
const MAX_LAG_BYTES = 1_000_000;
/** Less than any search takes. */
const MAX_P95_MS = 1;
const held = { state: "MOVE_STATE_THROTTLED" };

let cluster: CitusCluster;
let standby: Standby;
let coordinator: TestCoordinator;
const undo: (() => unknown)[] = [];

const client = () => coordinator.client;
const node = (index: number) => {
  const found = cluster.nodes[index];
  if (found === undefined) throw new Error(`no node ${index}`);
  return found;
};
const operation = (id: string) => client().operation.getOperation({ id });

/** Waits until the operation's message matches. */
function says(id: string, text: RegExp) {
  const what = `${id} to say ${text}`;
  return waitFor(
    async () => {
      const now = await operation(id);
      return text.test(now.message) ? now : undefined;
    },
    { what },
  );
}

const ended = (id: string) => finished(coordinator, { id });

/** A shard of this worker, and a namespace in it. */
async function shardOn(index: number) {
  const [row] = await cluster.sql(
    `SELECT shardid::text AS id, min(namespace) AS namespace
FROM unnest($1::text[]) namespace, get_shard_id_for_distribution_column('memory_entries', namespace) shardid
  JOIN pg_dist_placement USING (shardid) WHERE groupid = $2 GROUP BY shardid ORDER BY shardid LIMIT 1`,
    [NAMESPACES, index],
  );
  return { id: String(row?.id), namespace: String(row?.namespace) };
}

const groupOf = async (shardId: string) => (await placementOfShard(cluster, shardId)).group;

/** Starts to move a shard from one worker to another. */
async function beginMove(from: number, to: number) {
  const shard = await shardOn(from);
  const { id } = await client().cluster.moveShard({ shardId: shard.id, targetNode: node(to).name });
  return { id, shard };
}

/** Stops replay on the standby and writes more than the limit. */
async function letStandbyLag(): Promise<void> {
  await standby.sql("SELECT pg_wal_replay_pause()");
  undo.push(catchUp);
  await writeLog(1);
}
const catchUp = () => standby.sql("SELECT pg_wal_replay_resume()");

/** Writes more log than a standby may lag. */
async function writeLog(index: number): Promise<void> {
  await node(index).server.sql("SELECT pg_logical_emit_message(false, 'test', repeat('x', $1::int))", [
    2 * MAX_LAG_BYTES,
  ]);
}

/** Holds index builds on a worker. */
function holdBuild(index: number) {
  const hold = node(index).proxy?.hold("CREATE INDEX");
  if (hold === undefined) throw new Error(`no proxy before worker ${index}`);
  undo.push(() => hold.release());
  return hold;
}

/**
 * How many seconds this coordinator reports that it has throttled moves, by reason, without the zeros.
 */
async function throttledSeconds(): Promise<Readonly<Record<string, number>>> {
  const throttled = [...(await coordinator.series())].flatMap(([name, seconds]) => {
    const reason = /^orrery_moves_throttled_seconds\{reason="(\w+)"\}$/.exec(name)?.[1];
    return reason !== undefined && seconds > 0 ? [[reason, seconds] as const] : [];
  });
  return Object.fromEntries(throttled);
}

/** Every record is there once, every shard has one placement, and no change left anything behind. */
async function expectAllWhole(): Promise<void> {
  const count = await client().vector.count({ allNamespaces: true });
  expect(count).toMatchObject({ count: String(NAMESPACES.length) });
  const places = await cluster.sql(
    "SELECT shardid FROM pg_dist_placement JOIN pg_dist_shard USING (shardid) GROUP BY shardid, logicalrelid HAVING count(*) > 1 AND logicalrelid = 'memory_entries'::regclass",
  );
  expect(places).toEqual([]);
  await expectNothingLeft(cluster, { except: `slot ${STANDBY}` });
}

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 3, proxied: true });
  await cluster.sql("CREATE ROLE admin LOGIN");
  for (const { server } of cluster.nodes) {
    await server.sql("SET citus.enable_ddl_propagation TO off; ALTER DATABASE orrery OWNER TO admin");
    await server.sql("SET citus.enable_ddl_propagation TO off; GRANT pg_signal_backend TO admin");
  }
  await cluster.sql("CREATE ROLE orrery_service NOLOGIN");
  const env = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.coordinator.url("admin"),
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "6",
    ORRERY_REBALANCE_MAX_LAG_BYTES: String(MAX_LAG_BYTES),
    ORRERY_REBALANCE_MAX_SEARCH_P95_MS: String(MAX_P95_MS),
  };
  await runMigrate(env);
  coordinator = await startTestCoordinator(env);
  const records = NAMESPACES.map((namespace) => ({ namespace, key: "k", vector: f32([1, 2, 3]) }));
  await client().vector.upsert({ records });
  standby = await startStandby(node(1).server, { name: STANDBY, slot: STANDBY });
});

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

afterAll(async () => {
  await coordinator?.stop();
  await standby?.stop();
  await cluster?.stop();
});

describe("an admin role that cannot see standbys", () => {
  it("an admin role that cannot see standbys is refused before anything moves, whichever nodes are involved", async () => {
    const why = {
      failure: { reason: "NODE_UNFIT", message: expect.stringMatching(/standbys of .*pg_monitor/) },
    };
    const { cluster: api, operation: operations } = client();
    const shard = await shardOn(2);
    await expect(api.moveShard({ shardId: shard.id, targetNode: node(3).name })).rejects.toMatchObject(why);
    await expect(api.drainNode({ node: node(2).name })).rejects.toMatchObject(why);
    const plan = await api.planRebalance({ drainedNodes: [node(2).name] });
    expect(plan.warnings).toMatchObject([
      { severity: "SEVERITY_BLOCKING", code: "lag_hidden", node: node(1).name },
    ]);
    await expect(api.startRebalance({ planId: plan.id })).rejects.toMatchObject(why);
    expect((await operations.listOperations({})).operations).toEqual([]);
    await cluster.sql("GRANT pg_monitor TO admin");
    expect((await api.planRebalance({ drainedNodes: [node(2).name] })).warnings).toEqual([]);
  });
});

describe("throttled moves", () => {
  it("no move starts while a standby lags or its lag cannot be seen, until it has caught up", async () => {
    await letStandbyLag();
    const { id, shard } = await beginMove(2, 3);
    const lagging = new RegExp(
      `${node(1).name} lags by \\d+ bytes \\(${STANDBY}\\), the limit is ${MAX_LAG_BYTES}`,
    );
    expect((await says(id, lagging)).moves).toMatchObject([held]);
    expect(await throttledSeconds()).toEqual({ lag: expect.any(Number) });
    await cluster.sql("REVOKE pg_monitor FROM admin");
    expect((await says(id, new RegExp(`${node(1).name} is unknown: .*pg_monitor`))).moves).toMatchObject([
      held,
    ]);
    expect(await throttledSeconds()).toEqual({ unknown: expect.any(Number) });
    await cluster.sql("GRANT pg_monitor TO admin");
    await says(id, lagging);
    expect(await groupOf(shard.id)).toBe(2);
    await catchUp();
    expect(await ended(id)).toMatchObject({ state: "OPERATION_STATE_DONE" });
    expect(await groupOf(shard.id)).toBe(3);
    expect(await throttledSeconds()).toEqual({});
  });

  it("no move starts while a slot waits for a standby that is gone", async () => {
    await standby.stop();
    await writeLog(1);
    const { id } = await beginMove(3, 2);
    expect((await says(id, new RegExp(`lags by \\d+ bytes \\(${STANDBY}\\)`))).moves).toMatchObject([held]);
    await standby.start();
    expect(await ended(id)).toMatchObject({ state: "OPERATION_STATE_DONE" });
  });

  it("no move starts while a node that could report standby lag does not answer", async () => {
    await node(3).server.kill();
    const { id, shard } = await beginMove(1, 2);
    expect((await says(id, new RegExp(`replication lag of ${node(3).name} is unknown`))).moves).toMatchObject(
      [held],
    );
    expect(await groupOf(shard.id)).toBe(1);
    await node(3).server.restart();
    expect(await ended(id)).toMatchObject({ state: "OPERATION_STATE_DONE" });
    expect(await groupOf(shard.id)).toBe(2);
    await expectAllWhole();
  });

  it("no move starts while searches are over the latency limit, until a report is back under it", async () => {
    await client().vector.search({ allNamespaces: true, vector: f32([1, 2, 3]) });
    // A search is in the same report as the load it causes.
    const isReported = async () => {
      const { shards } = await client().cluster.listShards({});
      return shards.some(({ load }) => (load ?? 0) > 0);
    };
    await waitFor(isReported, { what: "the report of the search" });
    const { id, shard } = await beginMove(2, 1);
    const slow = new RegExp(`searches take \\d+ ms at p95, the limit is ${MAX_P95_MS}`);
    expect((await says(id, slow)).moves).toMatchObject([held]);
    expect(await throttledSeconds()).toEqual({ search_p95: expect.any(Number) });
    expect(await groupOf(shard.id)).toBe(2);
    expect(await ended(id)).toMatchObject({ state: "OPERATION_STATE_DONE" });
    expect(await groupOf(shard.id)).toBe(1);
  });
});

describe("an operation that is to end when a limit is exceeded", () => {
  it("the move under way is undone when a limit is exceeded, and every shard group is whole on one side", async () => {
    const { id: planId, moves } = await client().cluster.planRebalance({ drainedNodes: [node(2).name] });
    expect(moves.length).toBeGreaterThan(1);
    const target = cluster.nodes.findIndex(({ name }) => name === moves[0]?.targetNode);
    const hold = holdBuild(target);
    const { id } = await client().cluster.startRebalance({ planId, options: { abortOnSlo: true } });
    await waitFor(() => hold.held() > 0, { what: "the index build" });
    await waitFor(async () => (await operation(id)).moves[0]?.phase === "build indexes", {
      what: "the phase to be reported",
    });
    await letStandbyLag();
    const statements =
      "SELECT FROM pg_stat_activity WHERE application_name LIKE 'orrery-op-%' AND state = 'active'";
    await waitFor(async () => (await cluster.sql(statements)).length === 0, { what: "the move to be ended" });
    hold.release();
    expect(await ended(id)).toMatchObject({
      state: "OPERATION_STATE_CANCELLED",
      message: expect.stringMatching(/lags by \d+ bytes/),
      moves: moves.map(() => ({ state: "MOVE_STATE_CANCELLED" })),
    });
    for (const { shardId } of moves) expect(await groupOf(shardId)).toBe(2);
    await expectAllWhole();
  });

  it("a move in its final catch-up is left to finish when a limit is exceeded, and no other starts", async () => {
    const { id: planId, moves } = await client().cluster.planRebalance({ drainedNodes: [node(2).name] });
    const [first, ...others] = moves;
    const target = cluster.nodes.findIndex(({ name }) => name === first?.targetNode);
    const [inFirst] = await cluster.sql(
      `SELECT namespace FROM unnest($1::text[]) namespace
WHERE get_shard_id_for_distribution_column('memory_entries', namespace) = $2`,
      [NAMESPACES, first?.shardId],
    );
    const namespace = String(inFirst?.namespace);
    const hold = holdBuild(target);
    const { id } = await client().cluster.startRebalance({ planId, options: { abortOnSlo: true } });
    await waitFor(() => hold.held() > 0, { what: "the index build" });
    const lock = new pg.Client({ connectionString: node(target).server.adminUrl });
    undo.push(() => lock.end());
    await lock.connect();
    // The target cannot take over writes to this record, though its index build goes on,
    const table = `memory_entries_${first?.shardId}`;
    await lock.query("SET citus.enable_manual_changes_to_shards TO on");
    await lock.query("BEGIN");
    await lock.query(`SELECT FROM ${table} WHERE namespace = $1 FOR UPDATE`, [namespace]);
    await lock.query("SAVEPOINT before_build");
    await lock.query(`LOCK TABLE ${table} IN ROW EXCLUSIVE MODE`);
    hold.release();
    const waits = `SELECT FROM pg_locks WHERE relation = '${table}'::regclass AND mode = 'ShareLock' AND NOT granted`;
    await waitFor(async () => (await node(target).server.sql(waits)).length > 0, { what: "the index build" });
    // when they come while the build waits, which then goes on first.
    await client().vector.upsert({ records: [{ namespace, key: "k", vector: f32([3, 2, 1]) }] });
    await lock.query("ROLLBACK TO before_build");
    await waitFor(async () => (await operation(id)).moves[0]?.phase === "final catch-up", {
      what: "the final catch-up",
    });
    // It is the move's own subscriber that lags.
    await writeLog(2);
    expect((await says(id, new RegExp(`${node(2).name} lags by \\d+ bytes`))).moves[0]).toMatchObject({
      state: "MOVE_STATE_RUNNING",
      phase: "final catch-up",
    });
    await lock.query("COMMIT");
    expect(await ended(id)).toMatchObject({
      state: "OPERATION_STATE_CANCELLED",
      message: expect.stringMatching(/lags by \d+ bytes/),
      moves: [{ state: "MOVE_STATE_DONE" }, ...others.map(() => ({ state: "MOVE_STATE_CANCELLED" }))],
    });
    expect(await groupOf(first?.shardId ?? "")).toBe(target);
    for (const { shardId } of others) expect(await groupOf(shardId)).toBe(2);
    const { records } = await client().vector.get({
      records: [{ namespace, key: "k" }],
      includeVector: true,
    });
    expect(records).toHaveLength(1);
    await expectAllWhole();
  });

  it("the move under way is undone when searches get slow, and no other starts", async () => {
    const [fullest] = await cluster.sql(
      `SELECT groupid FROM pg_dist_placement JOIN pg_dist_shard USING (shardid)
WHERE logicalrelid = 'memory_entries'::regclass GROUP BY groupid ORDER BY count(*) DESC LIMIT 1`,
    );
    const drainedNodes = [node(Number(fullest?.groupid)).name];
    const { id: planId, moves } = await client().cluster.planRebalance({ drainedNodes });
    expect(moves.length).toBeGreaterThan(1);
    const before = await Promise.all(moves.map(({ shardId }) => groupOf(shardId)));
    const target = cluster.nodes.findIndex(({ name }) => name === moves[0]?.targetNode);
    const hold = holdBuild(target);
    const { id } = await client().cluster.startRebalance({ planId, options: { abortOnSlo: true } });
    await waitFor(() => hold.held() > 0, { what: "the index build" });
    // No searches for the period of a whole report.
    expect(await operation(id)).toMatchObject({ state: "OPERATION_STATE_RUNNING", message: "" });
    const search = () => client().vector.search({ allNamespaces: true, vector: f32([1, 2, 3]) });
    const isCancelled = async () => {
      expect((await search()).completeness?.complete).toBe(true);
      const statements =
        "SELECT FROM pg_stat_activity WHERE application_name LIKE 'orrery-op-%' AND state = 'active'";
      return (await cluster.sql(statements)).length === 0;
    };
    await waitFor(isCancelled, { what: "the move to be ended", intervalMs: 100 });
    hold.release();
    expect(await ended(id)).toMatchObject({
      state: "OPERATION_STATE_CANCELLED",
      message: expect.stringMatching(new RegExp(`searches take \\d+ ms at p95, the limit is ${MAX_P95_MS}`)),
      moves: moves.map(() => ({ state: "MOVE_STATE_CANCELLED" })),
    });
    expect(await Promise.all(moves.map(({ shardId }) => groupOf(shardId)))).toEqual(before);
    await expectAllWhole();
  });
});
