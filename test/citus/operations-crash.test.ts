import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OperationMessage } from "../../src/proto/generated/orrery/v1/Operation.ts";
import { f32 } from "../support/coordinator.ts";
import { leftovers } from "../support/leftovers.ts";
import {
  type CrewClient,
  type OperationsFixture,
  startOperationsFixture,
} from "../support/operations-fixture.ts";

let fixture: OperationsFixture;

const node = (index: number) => fixture.cluster.nodes[index]?.name ?? "";

/**
 * Starts an operation and kills the leader whenever it is about to record a stage, and again when it is about
 * to record the end: so every stage is run to its end by one leader and then repeated by the next.
 */
async function killAtEveryStage(
  begin: (client: CrewClient) => Promise<OperationMessage>,
  stages: readonly string[],
): Promise<OperationMessage> {
  const { crew, call, cluster, ended } = fixture;
  const texts = [...stages.map((stage) => `"stage":"${stage}"`), '"state":"done","stage":""'];
  const { client } = await crew.leader();
  const newest = async () =>
    (await call((next) => next.operation.listOperations({ pageSize: 1 }))).operations[0];
  // The caller's response is lost with the leader.
  const began = () => void begin(client).catch(() => undefined);
  await crew.killLeaderAtEach(texts, began).catch(async (error) => {
    const state = { operation: await newest(), left: await leftovers(cluster) };
    throw new Error(JSON.stringify(state), { cause: error });
  });
  return ended((await newest())?.id ?? "");
}

beforeAll(async () => {
  fixture = await startOperationsFixture();
});
afterAll(() => fixture?.stop());

describe("a leader that is killed at every stage", () => {
  const done = { state: "OPERATION_STATE_DONE" };

  it("the next leader finishes the move of a shard group", async () => {
    const { shardId, name } = await fixture.placeOf("ns0");
    const targetNode = fixture.workerBut(name);
    const stages = ["move", "clean up"];
    expect(
      await killAtEveryStage((client) => client.cluster.moveShard({ shardId, targetNode }), stages),
    ).toMatchObject(done);
    expect((await fixture.placeOf("ns0")).name).toBe(targetNode);
    await fixture.expectNothingLostOrLeft();
  });

  it("the next leader finishes a split", async () => {
    const shardId = await fixture.shardOfSeveral();
    const before = await fixture.shardCount();
    const stages = ["find split points", "split", "analyse", "move", "clean up"];
    expect(await killAtEveryStage((client) => client.cluster.splitShard({ shardId }), stages)).toMatchObject(
      done,
    );
    expect(await fixture.shardCount()).toBe(before + 1);
    await fixture.expectNothingLostOrLeft();
  });

  it("the next leader finishes an isolation and the move that follows it", async () => {
    // Made on another node, and moved back.
    const targetNode = (await fixture.placeOf("ns1")).name;
    const stages = ["isolate", "analyse", "move", "clean up"];
    const isolate = (client: CrewClient) => client.cluster.isolateNamespace({ namespace: "ns1", targetNode });
    expect(await killAtEveryStage(isolate, stages)).toMatchObject(done);
    const { shardId, name } = await fixture.placeOf("ns1");
    expect(name).toBe(targetNode);
    expect(
      await fixture.cluster.sql(
        "SELECT FROM pg_dist_shard WHERE shardid = $1 AND shardminvalue = shardmaxvalue",
        [shardId],
      ),
    ).toHaveLength(1);
    await fixture.expectNothingLostOrLeft();
  });

  it("the next leader finishes a pin and its removal", async () => {
    const pinToNode = fixture.workerBut((await fixture.placeOf("ns1")).name);
    const pin = (client: CrewClient) => client.namespace.updateNamespace({ namespace: "ns1", pinToNode });
    expect(await killAtEveryStage(pin, ["record pin", "move", "clean up"])).toMatchObject(done);
    expect((await fixture.placeOf("ns1")).name).toBe(pinToNode);
    const pins = () => fixture.cluster.sql("SELECT namespace FROM orrery.namespace_pins");
    expect(await pins()).toEqual([{ namespace: "ns1" }]);
    const unpin = (client: CrewClient) => client.namespace.updateNamespace({ namespace: "ns1", unpin: true });
    expect(await killAtEveryStage(unpin, ["remove pin"])).toMatchObject(done);
    expect(await pins()).toEqual([]);
    await fixture.expectNothingLostOrLeft();
  });

  it("the next leader finishes draining, removing, adding and restoring a node, and a rebalance", async () => {
    const name = node(3);
    const drain = (client: CrewClient) => client.cluster.drainNode({ node: name });
    expect(await killAtEveryStage(drain, ["stop placement", "plan", "move", "clean up"])).toMatchObject(done);
    expect(await fixture.groupsOn(name)).toBe(0);

    const remove = (client: CrewClient) => client.cluster.removeNode({ node: name });
    const removal = ["unregister", "publish", "refuse writes", "end sessions"];
    expect(await killAtEveryStage(remove, removal)).toMatchObject(done);
    const removed = fixture.cluster.nodes[3]?.server;
    expect(await removed?.sql("SHOW default_transaction_read_only")).toEqual([
      { default_transaction_read_only: "on" },
    ]);

    const add = (client: CrewClient) => client.cluster.addNode({ node: name });
    const addition = ["make writable", "register", "copy reference tables", "set rights", "publish"];
    expect(await killAtEveryStage(add, addition)).toMatchObject(done);
    expect(await removed?.sql("SELECT id FROM orrery.cluster")).toHaveLength(1);

    await fixture.ended((await fixture.call((client) => client.cluster.drainNode({ node: name }))).id);
    const restore = (client: CrewClient) => client.cluster.restoreNode({ node: name });
    expect(await killAtEveryStage(restore, ["allow placement"])).toMatchObject(done);

    const { id: planId, moves } = await fixture.call((client) =>
      client.cluster.planRebalance({ strategy: "BALANCE_STRATEGY_BY_SHARD_COUNT" }),
    );
    expect(moves.length).toBeGreaterThan(0);
    const rebalance = (client: CrewClient) => client.cluster.startRebalance({ planId });
    expect(await killAtEveryStage(rebalance, ["move", "clean up"])).toMatchObject(done);
    expect(await fixture.groupsOn(name)).toBeGreaterThan(0);
    await fixture.expectNothingLostOrLeft();
  });

  it("the next leader finishes the creation of a collection and the deletion of a namespace and of the collection", async () => {
    const collection = { name: "made", dimension: 3, shardCount: 2 };
    const create = (client: CrewClient) => client.collection.createCollection({ collection });
    expect(await killAtEveryStage(create, ["create table", "wait until served"])).toMatchObject(done);
    const record = { namespace: "n", key: "k", value: "v", vector: f32([1, 2, 3]) };
    await fixture.call((client) => client.vector.upsert({ collection: "made", records: [record] }));
    const empty = (client: CrewClient) =>
      client.namespace.deleteNamespace({ collection: "made", namespace: "n" });
    expect(await killAtEveryStage(empty, ["delete records"])).toMatchObject(done);
    const remove = (client: CrewClient) => client.collection.deleteCollection({ name: "made" });
    expect(await killAtEveryStage(remove, ["drop table", "wait until served"])).toMatchObject(done);
    expect(await fixture.cluster.sql("SELECT name FROM orrery.collections")).toEqual([
      { name: "memory_entries" },
    ]);
    await fixture.expectNothingLostOrLeft();
  });
});
