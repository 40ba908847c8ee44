/** Twenty splits and twenty isolations of shards whose records are updated and deleted 200 times a second. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hashText } from "../../src/topology/ring.ts";
import { type ChangingLoad, startChangingLoad } from "../support/changing-load.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { finished } from "../support/finished.ts";
import { expectNothingLeft } from "../support/leftovers.ts";
import { waitFor } from "../support/wait-for.ts";

const ROUNDS = 20;
/** Of each kind, before the load begins. */
const IDLE_ROUNDS = 5;
const NAMESPACES = Array.from({ length: 64 }, (_, i) => `ns${i}`);
const done = { state: "OPERATION_STATE_DONE" };

let cluster: CitusCluster;
let coordinator: TestCoordinator;
let settings: Readonly<Record<string, string>>;

const client = () => coordinator.client;

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 3 });
  settings = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "2",
    ORRERY_REBALANCE_MAX_STALL_MS: "30000",
  };
  await runMigrate(settings);
  coordinator = await startTestCoordinator(settings);
});

afterAll(async () => {
  await coordinator?.stop();
  await cluster?.stop();
});

/** Milliseconds until the operation has ended well. */
async function timed(begin: () => Promise<{ readonly id: string }>): Promise<number> {
  const startedAt = performance.now();
  expect(await finished(coordinator, await begin())).toMatchObject(done);
  return performance.now() - startedAt;
}

/** Splits the shard that has most of the namespaces. */
async function splitFullest(): Promise<number> {
  const { shards } = await client().cluster.listShards({});
  const holds = ({ hashMin, hashMax }: (typeof shards)[number]) =>
    NAMESPACES.filter((name) => hashText(name) >= hashMin && hashText(name) <= hashMax).length;
  const fullest = shards.reduce((most, shard) => (holds(shard) > holds(most) ? shard : most));
  return timed(() => client().cluster.splitShard({ shardId: fullest.id }));
}

const isolate = (index: number) =>
  timed(() => client().cluster.isolateNamespace({ namespace: NAMESPACES[index] ?? "" }));

async function inTurn(rounds: number, round: (index: number) => Promise<number>): Promise<readonly number[]> {
  const times: number[] = [];
  for (let index = 0; index < rounds; index += 1) times.push(await round(index));
  return times.toSorted((a, b) => a - b);
}

const median = (times: readonly number[]) => times[Math.floor(times.length / 2)] ?? 0;

/** All of them ended; the slowest within three times of what the median took while nothing was written. */
async function expectSoon(
  what: string,
  {
    idle,
    loaded,
    load,
  }: { readonly idle: readonly number[]; readonly loaded: readonly number[]; readonly load: ChangingLoad },
): Promise<void> {
  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  console.info(
    `${what}: idle ${seconds(median(idle))} s (median of ${idle.length}); under load ${seconds(median(loaded))} s, at most ${seconds(loaded.at(-1) ?? 0)} s (${loaded.length} of ${ROUNDS}); ${Math.round(load.rate())} updates and deletes a second`,
  );
  expect(load.failures).toEqual([]);
  expect(load.rate()).toBeGreaterThanOrEqual(200);
  await load.expectAsWritten();
  await expectNothingLeft(cluster);
  expect(loaded).toHaveLength(ROUNDS);
  expect(loaded.at(-1)).toBeLessThanOrEqual(3 * median(idle));
}

describe("under 200 updates and deletes a second", () => {
  it("twenty of twenty splits and isolations end, and nothing is lost", async () => {
    const before = await startChangingLoad(client(), NAMESPACES);
    await before.stop();
    const idleSplits = await inTurn(IDLE_ROUNDS, splitFullest);
    const idleIsolations = await inTurn(IDLE_ROUNDS, isolate);

    for (const [what, idle, round] of [
      ["splits", idleSplits, splitFullest],
      ["isolations", idleIsolations, (index: number) => isolate(IDLE_ROUNDS + index)],
    ] as const) {
      const load = await startChangingLoad(client(), NAMESPACES);
      const loaded = await inTurn(ROUNDS, round).finally(() => load.stop());
      await expectSoon(what, { idle, loaded, load });
    }
  });

  it("Citus still has its issue 6790: once this fails, `citus.splitsInPlace` may be on by default", async () => {
    await coordinator.stop();
    coordinator = await startTestCoordinator({ ...settings, ORRERY_CITUS_SPLITS_IN_PLACE: "true" });
    const collection = "fresh";
    const made = await client().collection.createCollection({
      collection: { name: collection, dimension: 3, shardCount: 1 },
    });
    await finished(coordinator, made);
    const load = await startChangingLoad(client(), NAMESPACES, { collection });
    const why = "could not apply changes of subscription";
    const split = async () => {
      const [shard] = (await client().cluster.listShards({ collection })).shards;
      return client().cluster.splitShard({ shardId: shard?.id ?? "" });
    };
    try {
      const cancelled = await split();
      const messageOf = async ({ id }: typeof cancelled) =>
        (await client().operation.getOperation({ id })).message;
      await waitFor(async () => (await messageOf(cancelled)).includes(why), { what: why, timeoutMs: 60_000 });
      await client().operation.cancelOperation(cancelled);
      expect(await finished(coordinator, cancelled)).toMatchObject({ state: "OPERATION_STATE_CANCELLED" });
      await expectNothingLeft(cluster);

      expect(await finished(coordinator, await split())).toMatchObject({
        state: "OPERATION_STATE_FAILED",
        error: { message: expect.stringContaining(why) },
      });
    } finally {
      await load.stop();
    }
    expect(load.failures).toEqual([]);
    await load.expectAsWritten();
    await expectNothingLeft(cluster);
  });
});
