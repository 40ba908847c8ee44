/** A node that hangs, so that neither its statements nor those that wait for it end by themselves. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { f32, runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { finished } from "../support/finished.ts";
import { expectNothingLeft } from "../support/leftovers.ts";
import { placementOf } from "../support/placements.ts";
import { waitFor } from "../support/wait-for.ts";

let cluster: CitusCluster;
let coordinator: TestCoordinator;

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 2, proxied: true });
  const settings = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "2",
    ORRERY_REBALANCE_MAX_STALL_MS: "10000",
  };
  await runMigrate(settings);
  coordinator = await startTestCoordinator(settings);
  await coordinator.client.vector.upsert({
    records: [{ namespace: "ns", key: "k", vector: f32([1, 2, 3]) }],
  });
});

afterAll(async () => {
  await coordinator?.stop();
  await cluster?.stop();
});

it("a move to a node that hangs ends, says so, and is undone once the node is back", async () => {
  const { client } = coordinator;
  const { shardId, node } = await placementOf(cluster, "ns");
  const target = cluster.nodes.slice(1).find(({ name }) => name !== node);
  const targetNode = target?.name ?? "";
  const hold = target?.proxy?.hold("CREATE INDEX");
  const begun = await client.cluster.moveShard({ shardId, targetNode });
  try {
    await waitFor(() => (hold?.held() ?? 0) > 0, { what: "the index build" });
    target?.server.freeze();
    hold?.release();
    const startedAt = performance.now();
    expect(await waitForEnd(begun.id)).toMatchObject({
      state: "OPERATION_STATE_FAILED",
      error: { message: expect.stringMatching(/no progress .*cannot be asked/) },
    });
    console.info(`ended after ${Math.round((performance.now() - startedAt) / 1_000)} s`);
  } finally {
    hold?.release();
    target?.server.thaw();
  }
  expect((await placementOf(cluster, "ns")).node).toBe(node);
  await expectNothingLeft(cluster);
  const again = await client.cluster.moveShard({ shardId, targetNode });
  expect(await finished(coordinator, again)).toMatchObject({ state: "OPERATION_STATE_DONE" });
});

/** The clean-up waits for the node for a while, too. */
const waitForEnd = (id: string) =>
  waitFor(
    async () => {
      const operation = await coordinator.client.operation.getOperation({ id });
      return operation.endTime === null ? undefined : operation;
    },
    { what: "the operation to end", timeoutMs: 300_000 },
  );
