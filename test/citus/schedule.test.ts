/** Rebalancing on a schedule, and how long its history is kept, on a real cluster. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Logger } from "../../src/lib/logger.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { f32, runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { finished } from "../support/finished.ts";
import { placementOf } from "../support/placements.ts";
import { waitFor } from "../support/wait-for.ts";

/** Two namespaces in different shards; the other shards hold almost nothing. */
const FIRST = "a";
const SECOND = "b";
const HOUR_MS = 3_600_000;

let cluster: CitusCluster;
let coordinator: TestCoordinator;
let env: Readonly<Record<string, string>>;
let window: string;
let said: { readonly facts: Readonly<Record<string, unknown>>; readonly message: string }[] = [];

const client = () => coordinator.client;
const operations = async () => (await client().operation.listOperations({})).operations;

/** Starts a coordinator that plans every other second within this window. */
async function start(window: string): Promise<void> {
  await coordinator?.stop();
  said = [];
  const say = (facts: object, message: string) => void said.push({ facts: { ...facts }, message });
  const logger: Logger = { debug() {}, info: say, warn: say, error: say, child: () => logger };
  const schedule = { ORRERY_REBALANCE_SCHEDULE: "*/2 * * * * *", ORRERY_REBALANCE_WINDOW: window };
  coordinator = await startTestCoordinator({ ...env, ...schedule }, logger);
}

/** Waits for the next line the schedule logs that matches. */
async function nextSaid(text: RegExp) {
  const before = said.length;
  const what = `the schedule to say ${text}`;
  return waitFor(
    () => said.slice(before).find(({ message }) => /^scheduled/.test(message) && text.test(message)),
    { what },
  ).catch((error: unknown) => {
    throw new Error(
      `${what}; it said ${said
        .slice(before)
        .map(({ message }) => message)
        .join(", ")}`,
      { cause: error },
    );
  });
}

/** `HH:MM-HH:MM`, an hour to either side of the time that is `fromNowMs` away. */
function windowAt(fromNowMs: number): string {
  const time = (ms: number) => new Date(Date.now() + fromNowMs + ms).toISOString().slice(11, 16);
  return `${time(-HOUR_MS)}-${time(HOUR_MS)}`;
}

async function write(namespace: string): Promise<void> {
  const records = Array.from({ length: 200 }, (_, i) => ({
    namespace,
    key: `k${i}`,
    value: randomBytes(4_096).toString("hex"),
    vector: f32([1, i + 1, 3]),
  }));
  await client().vector.upsert({ records });
}

const groupOf = async (namespace: string) => (await placementOf(cluster, namespace)).group;

/** Moves shards in SQL, behind Orrery's back. */
async function move(shards: string, values: readonly unknown[], to: number): Promise<void> {
  const rows = await cluster.sql(
    `SELECT shardid, nodeid FROM pg_dist_shard JOIN pg_dist_placement USING (shardid) JOIN pg_dist_node USING (groupid)
WHERE logicalrelid = 'memory_entries'::regclass AND ${shards} AND groupid <> ${to}`,
    values,
  );
  for (const { shardid, nodeid } of rows) {
    await cluster.sql(
      "SELECT citus_move_shard_placement($1, $2, (SELECT nodeid FROM pg_dist_node WHERE groupid = $3), 'block_writes')",
      [shardid, nodeid, to],
    );
  }
  await cluster.sql("CALL citus_cleanup_orphaned_resources()");
}
const SHARD_OF = "shardid = get_shard_id_for_distribution_column('memory_entries', $1::text)";

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 2, proxied: true });
  env = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "4",
  };
  await runMigrate(env);
});

afterAll(async () => {
  await coordinator?.stop();
  await cluster?.stop();
});

describe("scheduled rebalances", () => {
  it("a scheduled rebalance is not even planned outside its window, and says so", async () => {
    // All on one worker, so that there would be something to do within the window.
    await move("true", [], 1);
    await start(windowAt(3 * HOUR_MS));
    await nextSaid(/not now, outside of its window/);
    await nextSaid(/not now, outside of its window/);
    expect(said.some(({ message }) => /worth it/.test(message))).toBe(false);
    expect(await operations()).toEqual([]);
    await write(FIRST);
  });

  it("a scheduled rebalance that would bring nothing does not start, and says why", async () => {
    await move("true", [], 2);
    await move(SHARD_OF, [FIRST], 1);
    window = windowAt(0);
    await start(window);
    const { facts } = await nextSaid(/not now, no move would improve the balance/);
    expect(facts).toMatchObject({ moves: 0, imbalance: expect.toSatisfy((value) => value > 0.2) });
    expect(await operations()).toEqual([]);
  });

  it("a scheduled rebalance starts only over the threshold, and has nothing left to do afterwards", async () => {
    await write(SECOND);
    await nextSaid(/not now, an imbalance of 0\.\d+ is within the threshold of 0\.2/);
    expect(await operations()).toEqual([]);

    await move(SHARD_OF, [FIRST], 2);
    const { facts } = await nextSaid(/started, it is worth it/);
    expect(facts).toMatchObject({ imbalance: expect.toSatisfy((value) => value > 0.9) });
    const id = String(facts.operation);
    const ended = await finished(coordinator, { id });
    expect(ended).toMatchObject({
      kind: "rebalance",
      state: "OPERATION_STATE_DONE",
      requestedBy: "schedule",
    });
    // None of its moves starts after the window.
    const until = ended.arguments?.fields?.no_move_after_ms;
    const noMoveAfter = until?.numberValue ?? 0;
    expect(new Date(noMoveAfter).toISOString().slice(11, 16)).toBe(window.slice(6));
    expect(noMoveAfter - Date.now()).toBeLessThanOrEqual(HOUR_MS);
    expect(new Set([await groupOf(FIRST), await groupOf(SECOND)]).size).toBe(2);
    const then = await nextSaid(/not now, an imbalance of 0\.\d+ is within the threshold/);
    const outcome = Number(then.facts.imbalance);
    expect(Math.abs(outcome - Number(facts.imbalanceAfter))).toBeLessThan(0.05);
    expect(await operations()).toHaveLength(1);
  });
});

describe("the history of operations", () => {
  it("what an operation did is kept in PostgreSQL for 30 days and no longer", async () => {
    const [{ id } = { id: "" }] = await operations();
    const kept = "SELECT id FROM orrery.operations WHERE id = $1";
    await waitFor(async () => (await cluster.sql(kept, [id])).length === 1, { what: "it to be kept" });
    const age = async (copy: string, interval: string) =>
      cluster.sql(
        `INSERT INTO orrery.operations (id, finished_at, record)
SELECT $2, now() - $3::interval, jsonb_set(record::jsonb, '{id}', to_jsonb($2::text))::json
FROM orrery.operations WHERE id = $1`,
        [id, copy, interval],
      );
    await age("younger", "29 days 23 hours");
    await age("older", "30 days 1 minute");
    const has = async (copy: string) => (await cluster.sql(kept, [copy])).length === 1;
    await waitFor(async () => !(await has("older")), { what: "the older one to be removed" });
    expect(await has("younger")).toBe(true);
    expect(await client().operation.getOperation({ id: "younger" })).toMatchObject({ id: "younger" });
    await expect(client().operation.getOperation({ id: "older" })).rejects.toMatchObject({
      failure: { reason: "OPERATION_NOT_FOUND" },
    });
    expect((await operations()).map((operation) => operation.id).toSorted()).toEqual(
      [id, "younger"].toSorted(),
    );
  });
});

describe("a window that closes during a scheduled rebalance", () => {
  /** One namespace in each shard, `FIRST` and `SECOND` among them. */
  async function namespaces(): Promise<readonly string[]> {
    const rows = await cluster.sql(
      `SELECT DISTINCT ON (shard) name, shard FROM (
  SELECT name, get_shard_id_for_distribution_column('memory_entries', name) AS shard
  FROM unnest($1::text[] || ARRAY(SELECT 'n' || i FROM generate_series(1, 50) i)) name) s
ORDER BY shard, NOT name = ANY ($1::text[])`,
      [[FIRST, SECOND]],
    );
    return rows.map(({ name }) => String(name));
  }

  async function throttledByWindow(): Promise<number> {
    return (await coordinator.series()).get('orrery_moves_throttled_seconds{reason="window"}') ?? Number.NaN;
  }

  it("a scheduled rebalance finishes its move when the window closes, and the next window goes on", async () => {
    await start(windowAt(3 * HOUR_MS));
    const all = await namespaces();
    expect(all).toHaveLength(4);
    for (const namespace of all) if (namespace !== FIRST && namespace !== SECOND) await write(namespace);
    await move("true", [], 2);
    await waitFor(async () => (await throttledByWindow()) > 0, { what: "the schedule to be throttled" });

    const hold = cluster.nodes[1]?.proxy?.hold("CREATE INDEX");
    if (hold === undefined) throw new Error("no proxy before the first worker");
    const now = Date.now;
    let laterMs = 0;
    const clock = vi.spyOn(Date, "now").mockImplementation(() => now() + laterMs);
    try {
      await start(windowAt(0));
      const { facts } = await nextSaid(/started, it is worth it/);
      expect(facts).toMatchObject({ moves: 2 });
      const id = String(facts.operation);
      const operation = () => client().operation.getOperation({ id });
      await waitFor(() => hold.held() > 0, { what: "the first move to build its index" });
      expect(await throttledByWindow()).toBe(0);

      laterMs = 2 * HOUR_MS;
      await nextSaid(/not now, outside of its window/);
      expect((await operation()).moves).toMatchObject([
        { state: "MOVE_STATE_RUNNING" },
        { state: "MOVE_STATE_PENDING" },
      ]);
      hold.release();
      expect(await finished(coordinator, { id })).toMatchObject({
        state: "OPERATION_STATE_DONE",
        message: expect.stringMatching(/window for moves is over/),
        moves: [{ state: "MOVE_STATE_DONE" }, { state: "MOVE_STATE_CANCELLED" }],
      });
      const groups = async () => (await Promise.all(all.map(groupOf))).toSorted();
      expect(await groups()).toEqual([1, 2, 2, 2]);
      await waitFor(async () => (await throttledByWindow()) > 0, { what: "the rest to wait for the window" });

      laterMs = 0;
      await nextSaid(/started, it is worth it/);
      await waitFor(async () => `${await groups()}` === "1,1,2,2", { what: "the rest to be moved" });
      expect(await throttledByWindow()).toBe(0);
      for (const namespace of all)
        expect(await client().vector.count({ namespaces: [namespace] })).toMatchObject({ count: "200" });
    } finally {
      clock.mockRestore();
      hold.release();
    }
  });
});
