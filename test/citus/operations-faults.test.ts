import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { finished } from "../support/finished.ts";
import { type OperationsFixture, startOperationsFixture } from "../support/operations-fixture.ts";
import type { Hold } from "../support/tcp-proxy.ts";
import { waitFor } from "../support/wait-for.ts";

const done = { state: "OPERATION_STATE_DONE" };

let fixture: OperationsFixture;
const holds: Hold[] = [];

/** Processes of the Citus coordinator node that run a statement of an operation. */
const statements = async (): Promise<readonly number[]> =>
  (
    await fixture.cluster.sql(
      "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'orrery-op-%' AND state = 'active'",
    )
  ).map(({ pid }) => Number(pid));
const running = () =>
  waitFor(async () => (await statements())[0], { what: "the statement to run", intervalMs: 5 });

/** Holds what the other nodes send to this worker, from the message that contains `pattern` on. */
function holdAt(name: string, pattern: string): Hold {
  const hold = fixture.cluster.nodes.find((node) => node.name === name)?.proxy?.hold(pattern);
  if (hold === undefined) throw new Error(`no proxy before ${name}`);
  holds.push(hold);
  return hold;
}

/** Starts a move that stops before its index build until released. */
async function beginHeldMove(namespace: string) {
  const { shardId, name: source } = await fixture.placeOf(namespace);
  const targetNode = fixture.workerBut(source);
  const hold = holdAt(targetNode, "CREATE INDEX");
  const { id } = await fixture.call((client) => client.cluster.moveShard({ shardId, targetNode }));
  await waitFor(() => hold.held() > 0, { what: "the index build" });
  return { id, shardId, source, targetNode, hold };
}
/** A shard of several namespaces, and the node that holds it. */
async function placeOfSeveral() {
  const shardId = await fixture.shardOfSeveral();
  const [row] = await fixture.cluster.sql(
    "SELECT concat(nodename, ':', nodeport) AS name FROM pg_dist_placement JOIN pg_dist_node USING (groupid) WHERE shardid = $1",
    [shardId],
  );
  return { shardId, name: String(row?.name) };
}
/**
 * Kills the leader while the statement of operation `id` is held; the next one must end the operation with
 * that statement.
 */
async function endWithoutItsLeader(id: string, hold: Hold): Promise<void> {
  const pid = await running();
  await fixture.crew.killLeader();
  await fixture.crew.leader();
  expect(await statements()).toEqual([pid]);
  hold.release();
  expect(await fixture.ended(id)).toMatchObject(done);
}
const whereIs = async (namespace: string) => (await fixture.placeOf(namespace)).name;

beforeAll(async () => {
  fixture = await startOperationsFixture({ ORRERY_TOPOLOGY_LEASE_TTL_SECONDS: "6" });
});
afterEach(() => {
  for (const hold of holds.splice(0)) hold.release();
});
afterAll(() => fixture?.stop());

describe("a leader that is killed while its statement runs", () => {
  it("the next leader waits for the move that a killed leader left running and does not start it again", async () => {
    const { id, targetNode, hold } = await beginHeldMove("ns0");
    await endWithoutItsLeader(id, hold);
    expect(await whereIs("ns0")).toBe(targetNode);
    await fixture.expectNothingLostOrLeft();
  });

  it.each(["a split", "an isolation"] as const)(
    "the next leader waits for %s that a killed leader left running and does not start it again",
    async (kind) => {
      const shards = await fixture.shardCount();
      const place = kind === "a split" ? await placeOfSeveral() : await fixture.placeOf("ns1");
      const target = fixture.workerBut(place.name);
      const hold = holdAt(target, "CREATE INDEX");
      const { id } = await fixture.call(({ cluster }) =>
        kind === "a split"
          ? cluster.splitShard({ shardId: place.shardId, targetNodes: [target] })
          : cluster.isolateNamespace({ namespace: "ns1", targetNode: target }),
      );
      await waitFor(() => hold.held() > 0, { what: "the index build" });
      await endWithoutItsLeader(id, hold);
      expect(await fixture.shardCount()).toBeGreaterThan(shards);
      await fixture.expectNothingLostOrLeft();
    },
  );

  it("the next leader repeats a move whose statement the server ended too", async () => {
    const { id, targetNode, hold } = await beginHeldMove("ns0");
    const pid = await running();
    await fixture.crew.killLeader();
    await fixture.cluster.sql("SELECT pg_terminate_backend($1::int)", [pid]);
    hold.release();
    expect(await fixture.ended(id)).toMatchObject(done);
    expect(await whereIs("ns0")).toBe(targetNode);
    await fixture.expectNothingLostOrLeft();
  });
});

describe("a worker that crashes in the middle of a move", () => {
  it("a move waits for a worker that crashed and is then done", async () => {
    const { id, targetNode, hold } = await beginHeldMove("ns0");
    const worker = fixture.cluster.nodes.find((node) => node.name === targetNode)?.server;
    await worker?.kill();
    hold.release();
    await worker?.restart();
    expect(await fixture.ended(id)).toMatchObject(done);
    expect(await whereIs("ns0")).toBe(targetNode);
    await fixture.expectNothingLostOrLeft();
  });
});

describe("a cancelled move", () => {
  it("a cancelled move leaves the shard group whole where it was", async () => {
    const { id, source, hold } = await beginHeldMove("ns0");
    const phaseOf = async () =>
      (await fixture.call((client) => client.operation.getOperation({ id }))).moves[0]?.phase;
    await waitFor(async () => (await phaseOf()) === "build indexes", { what: "the phase to be reported" });
    const { client } = await fixture.crew.other();
    await client.operation.cancelOperation({ id });
    await waitFor(async () => (await statements()).length === 0, { what: "the statement to end" });
    hold.release();
    expect(await fixture.ended(id)).toMatchObject({ state: "OPERATION_STATE_CANCELLED" });
    expect(await whereIs("ns0")).toBe(source);
    await fixture.expectNothingLostOrLeft();
  });
});

describe("operations that collide", () => {
  it("operations that collide wait for each other and name the one in the way, or are refused", async () => {
    const { hold, ...first } = await beginHeldMove("ns0");
    const several = await fixture.shardOfSeveral();
    const split = await fixture.call((client) => client.cluster.splitShard({ shardId: several }));
    expect(split).toMatchObject({
      state: "OPERATION_STATE_PENDING",
      message: expect.stringContaining(`waits for operation ${first.id}`),
    });
    const plan = await fixture.call((client) =>
      client.cluster.planRebalance({ strategy: "BALANCE_STRATEGY_BY_SHARD_COUNT", threshold: 0 }),
    );
    for (const refused of [
      () => fixture.call((client) => client.cluster.startRebalance({ planId: plan.id })),
      () => fixture.call((client) => client.collection.deleteCollection({ name: "memory_entries" })),
    ]) {
      await expect(refused()).rejects.toMatchObject({
        failure: { reason: "OPERATION_CONFLICT" },
        message: expect.stringMatching(new RegExp(`${first.id}|${split.id}`)),
      });
    }
    hold.release();
    expect(await fixture.ended(first.id)).toMatchObject(done);
    expect(await fixture.ended(split.id)).toMatchObject(done);
    await fixture.expectNothingLostOrLeft();
  });

  it("one of two simultaneous rebalances runs and the other is refused", async () => {
    const drained = await fixture.ended(
      (await fixture.call((client) => client.cluster.drainNode({ node: name(3) }))).id,
    );
    expect(drained).toMatchObject(done);
    await fixture.ended((await fixture.call((client) => client.cluster.restoreNode({ node: name(3) }))).id);
    const [leader, other] = [await fixture.crew.leader(), await fixture.crew.other()];
    const plans = await Promise.all(
      [leader, other].map(({ client }) =>
        client.cluster.planRebalance({ strategy: "BALANCE_STRATEGY_BY_SHARD_COUNT" }),
      ),
    );
    const begun = await Promise.allSettled(
      [leader, other].map(({ client }, index) =>
        client.cluster.startRebalance({ planId: plans[index]?.id ?? "" }),
      ),
    );
    const started = begun.flatMap((one) => (one.status === "fulfilled" ? [one.value.id] : []));
    expect(started.length).toBeLessThanOrEqual(1);
    for (const one of begun) {
      if (one.status === "rejected")
        expect(one.reason).toMatchObject({ failure: { reason: "OPERATION_CONFLICT" } });
    }
    for (const id of started) expect(await fixture.ended(id)).toMatchObject(done);
    await fixture.expectNothingLostOrLeft();
  });
});
const name = (index: number) => fixture.cluster.nodes[index]?.name ?? "";

describe("a leader that was frozen past its lease", () => {
  it("a leader that was frozen past its lease changes nothing more in PostgreSQL or etcd", async () => {
    const { cluster, crew } = fixture;
    const frozen = await crew.leader();
    const { shardId, name: source } = await fixture.placeOf("ns0");
    const targetNode = fixture.workerBut(source);
    // It freezes while its move is on the way to PostgreSQL,
    const statement = frozen.citusProxy.hold("citus_move_shard_placement");
    holds.push(statement);
    const { id } = await frozen.client.cluster.moveShard({ shardId, targetNode });
    await waitFor(() => statement.held() > 0, { what: "the statement to be sent" });
    // and while it stores another operation.
    const record = frozen.etcdProxy.hold("operations/");
    holds.push(record);
    await frozen.client.operation.cancelOperation({ id }).catch(() => undefined);
    frozen.freeze();

    const next = await waitFor(
      async () => {
        for (const member of crew.members) {
          if (member !== frozen && (await member.isLeader().catch(() => false))) return member;
        }
        return undefined;
      },
      { what: "another leader", timeoutMs: 40_000 },
    );
    expect(await finished(next, { id })).toMatchObject(done);
    const back = await next.client.cluster.moveShard({ shardId, targetNode: source });
    expect(await finished(next, back)).toMatchObject(done);

    const state = async () => ({
      operation: await next.client.operation.getOperation({ id }),
      place: await fixture.placeOf("ns0"),
      leadership: await cluster.sql("SELECT * FROM orrery.leadership"),
      moves: await cluster.sql("SELECT * FROM orrery.move_history ORDER BY id"),
    });
    const before = await state();
    statement.release();
    record.release();
    frozen.thaw();
    await waitFor(async () => (await frozen.isLeader()) === false, { what: "the thawed one to step down" });
    await waitFor(async () => (await statements()).length === 0, { what: "its statement to end" });
    expect(await state()).toEqual(before);
    expect(await next.isLeader()).toBe(true);
    await fixture.expectNothingLostOrLeft();
  });
});

describe("a coordinator that was frozen while it created a collection", () => {
  it("a collection that another coordinator created and someone deleted is not created again by the frozen one", async () => {
    const { cluster, crew, etcd } = fixture;
    const frozen = await crew.other();
    // It freezes with an open transaction, while it asks for the lock on collections.
    const statement = frozen.citusProxy.hold("pg_advisory_xact_lock");
    holds.push(statement);
    const { id } = await frozen.client.collection.createCollection({
      collection: { name: "twice", dimension: 3, shardCount: 2 },
    });
    await waitFor(() => statement.held() > 0, { what: "the statement to be sent" });
    frozen.freeze();
    await etcd.expire("/orrery/coordinators/");
    expect(await fixture.ended(id)).toMatchObject(done);
    const deleted = await fixture.call((client) => client.collection.deleteCollection({ name: "twice" }));
    expect(await fixture.ended(deleted.id)).toMatchObject(done);

    // Back again, it does not know about it at first.
    frozen.etcdProxy.pause();
    statement.release();
    frozen.thaw();
    const sessions = async () =>
      (await cluster.sql("SELECT FROM pg_stat_activity WHERE application_name = 'orrery-admin'")).length;
    await waitFor(async () => (await sessions()) === 0, { what: "its transaction to end" });
    frozen.etcdProxy.resume();
    const heard = async () => (await frozen.client.operation.getOperation({ id })).endTime !== null;
    await waitFor(heard, { what: "it to hear of it", timeoutMs: 30_000 });
    expect(await cluster.sql("SELECT FROM orrery.collections WHERE name = 'twice'")).toEqual([]);
    await fixture.expectNothingLostOrLeft();
  });
});
