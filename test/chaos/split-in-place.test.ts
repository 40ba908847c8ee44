/**
 * A split whose pieces stay on the source's node, while records are updated and deleted: this Citus does not
 * end it when one of those changes falls between the replication slots and the new primary keys.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { hashText } from "../../src/topology/ring.ts";
import { startChangingLoad } from "../support/changing-load.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { finished } from "../support/finished.ts";
import { expectNothingLeft } from "../support/leftovers.ts";
import { waitFor } from "../support/wait-for.ts";

const NAMESPACES = Array.from({ length: 16 }, (_, i) => `ns${i}`);
/** The changes have to fall into a short time. */
const MAX_SPLITS = 8;

let cluster: CitusCluster;
let coordinator: TestCoordinator;

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 2 });
  const settings = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "2",
    ORRERY_REBALANCE_MAX_STALL_MS: "2000",
    ORRERY_CITUS_SPLITS_IN_PLACE: "true",
  };
  await runMigrate(settings);
  coordinator = await startTestCoordinator(settings);
});

afterAll(async () => {
  await coordinator?.stop();
  await cluster?.stop();
});

it("a split in place that this Citus never ends is ended, says what fails, and leaves nothing behind", async () => {
  const { client } = coordinator;
  const load = await startChangingLoad(client, NAMESPACES);
  const shards = async () => (await client.cluster.listShards({ collection: "" })).shards;
  const recordsIn = ({ hashMin, hashMax }: { readonly hashMin: number; readonly hashMax: number }) =>
    NAMESPACES.filter((name) => hashText(name) >= hashMin && hashText(name) <= hashMax).length;
  let stalled: unknown;
  try {
    for (let split = 0; split < MAX_SPLITS && stalled === undefined; split += 1) {
      const before = await shards();
      const [largest] = before.toSorted((a, b) => recordsIn(b) - recordsIn(a));
      const ended = await finished(
        coordinator,
        await client.cluster.splitShard({ shardId: largest?.id ?? "" }),
      );
      if (ended.state === "OPERATION_STATE_DONE") continue;
      stalled = ended.error?.message;
      await waitFor(
        async () =>
          (
            await cluster.sql(
              "SELECT FROM pg_stat_activity WHERE application_name LIKE 'orrery-op-%' AND state <> 'idle'",
            )
          ).length === 0,
        { what: "no statement to run" },
      );
      expect(await shards()).toHaveLength(before.length);
    }
  } finally {
    await load.stop();
  }
  expect(stalled).toMatch(/could not apply changes of subscription/);
  expect(load.failures).toEqual([]);
  await load.expectAsWritten();
  await expectNothingLeft(cluster);
});
