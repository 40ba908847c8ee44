/** Writes that a node forwards to the owner of the shard, which may commit while its answer is lost. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { errorOf, openDriver, run } from "../support/driver-fixture.ts";
import { waitFor } from "../support/wait-for.ts";

let cluster: CitusCluster;

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 1, proxied: true });
  await cluster.sql("SELECT citus_set_node_property($1, $2, 'shouldhaveshards', false)", [
    cluster.coordinator.host,
    cluster.coordinator.port,
  ]);
  await cluster.sql("CREATE TABLE written (key text PRIMARY KEY, i int)");
  await cluster.sql("SELECT create_distributed_table('written', 'key', shard_count := 1)");
  await cluster.sql("INSERT INTO written VALUES ('a', 0)");
});

afterAll(() => cluster?.stop());

it("a write whose answer is lost between two nodes is unknown, since its owner applies it all the same", async () => {
  const [worker] = cluster.workers;
  const [proxy] = cluster.proxies;
  if (worker === undefined || proxy === undefined) throw new Error("there is one worker");
  const driver = openDriver(cluster.url);
  const stored = async () => (await worker.sql("SELECT i FROM written"))[0]?.i;
  try {
    const [shard] = await cluster.sql(
      "SELECT shard_name FROM citus_shards WHERE table_name = 'written'::regclass",
    );
    // The owner waits for this row until after its client is gone.
    const holding = worker.sql(
      `SET citus.enable_manual_changes_to_shards TO on;
       BEGIN; SELECT FROM ${shard?.shard_name} FOR UPDATE; SELECT pg_sleep(3); COMMIT`,
    );
    const asleep = "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    await waitFor(async () => (await worker.sql(asleep)).length === 1, { what: "the lock" });
    const waiting = "SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'";
    const lost = errorOf(run(driver, "UPDATE written SET i = 1 WHERE key = 'a'", [], { write: true }));
    await waitFor(async () => (await worker.sql(waiting)).length === 1, { what: "the write at its owner" });
    await proxy.cut();
    expect(await lost).toMatchObject({ code: "WRITE_OUTCOME_UNKNOWN", retry: "never" });
    await holding;
    await waitFor(async () => (await stored()) === 1, { what: "the write to be applied" });
  } finally {
    await driver.close();
  }
});

it("a write that cannot be forwarded is not taken for one that was not applied", async () => {
  const driver = openDriver(cluster.url);
  try {
    await expect(
      run(driver, "UPDATE written SET i = 2 WHERE key = 'a'", [], { write: true }),
    ).rejects.toMatchObject({ code: "WRITE_OUTCOME_UNKNOWN" });
  } finally {
    await driver.close();
  }
});
