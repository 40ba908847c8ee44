import { expect, it } from "vitest";
import { OrreryError } from "../../../src/errors.ts";
import { createNodePools, type PooledDriver } from "../../../src/shards/node-pools.ts";
import type { Node } from "../../../src/topology/shard-map.ts";
import { noopLogger } from "../../contract/noop-logger.ts";
import { sampleMap } from "../../contract/sample-map.ts";
import { countedDrivers } from "../../support/counted-drivers.ts";
import { collectionCutAt } from "../query/cut-ring.ts";

it("opens no connections to a node once the pools are closed", async () => {
  const drivers = countedDrivers();
  const map = sampleMap(1);
  const pools = createNodePools({
    openDriver: drivers.openDriver,
    openUpkeep: drivers.openDriver,
    schema: { oldest: 1, newest: 1 },
    logger: noopLogger,
    epochMs: () => 0,
  });
  pools.applyMap(map);
  const { group } = map.nodes[0] as (typeof map.nodes)[number];
  const run = (runner: Pick<typeof pools, "runOn">) =>
    runner.runOn(
      group,
      { text: "SELECT 1", values: [], prepare: false },
      { signal: new AbortController().signal },
    );
  expect((await run(pools)).error).toBeUndefined();
  expect(drivers.open()).toBe(2);
  await pools.close();
  for (const runner of [pools, pools.upkeep])
    expect((await run(runner)).error).toMatchObject({ code: "NODE_UNAVAILABLE" });
  expect(drivers.open()).toBe(0);
});

it("has an answer of a node that lacks something for a statement, whichever of its connections it came by", async () => {
  const map = sampleMap(1);
  const [node] = map.nodes as [(typeof map.nodes)[number]];
  const error = new OrreryError("NODE_NOT_MIGRATED", "no such function");
  const lacking = (total: number): PooledDriver => ({
    run: async () => ({ rows: [], waitedMs: 0, error }),
    retireConnections() {},
    connections: () => ({ total, idle: total, queues: [] }),
    close: async () => {},
  });
  const healthBy = async (upkeepConnections: number) => {
    const pools = createNodePools({
      openDriver: () => lacking(0),
      openUpkeep: () => lacking(upkeepConnections),
      schema: { oldest: 1, newest: 1 },
      logger: noopLogger,
      epochMs: () => 5,
    });
    pools.applyMap(map);
    const statement = { text: "SELECT 1", values: [], prepare: false };
    await pools.upkeep.runOn(node.group, statement, { signal: new AbortController().signal });
    return pools.health(node);
  };
  expect(await healthBy(1)).toEqual({ answeredAtMs: 5 });
  expect(await healthBy(0)).toEqual({ error: "no such function" });
});

it("a node that loses a shard has its connections replaced, those for upkeep too, and no other node", async () => {
  const map = sampleMap(1);
  const [node] = map.nodes as [Node];
  const retired: string[] = [];
  const open = (kind: string) => (of: Node) => ({
    run: async () => ({ rows: [], waitedMs: 0, error: undefined }),
    retireConnections: () => retired.push(`${kind} ${of.group}`),
    connections: () => ({ total: 0, idle: 0, queues: [] }),
    close: async () => {},
  });
  const pools = createNodePools({
    openDriver: open("requests"),
    openUpkeep: open("upkeep"),
    schema: { oldest: 1, newest: 1 },
    logger: noopLogger,
    epochMs: () => 5,
  });
  const nodes = [node, { ...node, id: 9, group: node.group + 1, name: "other:5432" }];
  const collection = collectionCutAt([0, 1000]);
  const placedOn = (groups: readonly number[]) => ({
    ...map,
    nodes,
    collections: [
      { ...collection, shards: collection.shards.map((shard, i) => ({ ...shard, group: groups[i] ?? 0 })) },
    ],
  });
  const [here, there] = [node.group, node.group + 1];
  pools.applyMap(placedOn([here, here, there]));
  const statement = { text: "SELECT 1", values: [], prepare: false };
  for (const group of [here, there])
    await pools.runOn(group, statement, { signal: new AbortController().signal });
  pools.applyMap(placedOn([here, here, there]));
  expect(retired).toEqual([]);
  pools.applyMap(placedOn([here, there, there]));
  expect(retired.toSorted()).toEqual([`requests ${here}`, `upkeep ${here}`]);
});
