import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toVector } from "../../src/cli/values.ts";
import { runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { type Standby, startStandby } from "../support/standby.ts";
import { waitFor } from "../support/wait-for.ts";

let primary: PostgresServer;
/** A standby with a slot, and one without. */
let kept: Standby;
let loose: Standby;
let coordinator: TestCoordinator;
let group: string;

const EVERY_MS = 100;
const LABELS = (replica: string) => `{shard_id="${group}",replica_id="${replica}"}`;

async function lagOf(replica: string) {
  const series = await coordinator.series();
  return {
    up: series.get(`orrery_standby_up${LABELS(replica)}`),
    bytes: series.get(`replication_lag_bytes${LABELS(replica)}`),
    seconds: series.get(`replication_lag_seconds${LABELS(replica)}`),
  };
}

/** Samples of the collector that were taken without a failure. */
async function runs(): Promise<number> {
  const series = await coordinator.series();
  return series.get('orrery_collector_runs_total{collector="replication",result="ok"}') ?? 0;
}

const caughtUp = (replica: string) =>
  waitFor(
    async () => {
      const { up, bytes, seconds } = await lagOf(replica);
      return up === 1 && bytes === 0 && seconds === 0;
    },
    { what: `${replica} to have everything` },
  );

async function write(): Promise<void> {
  const records = Array.from({ length: 50 }, (_, n) => ({
    namespace: "tenant",
    key: `k${n}`,
    value: "x".repeat(500),
    vector: toVector([1, 2, n]),
  }));
  const { results } = await coordinator.client.vector.upsert({ records });
  expect(results.filter(({ status }) => status?.code !== 0)).toEqual([]);
}

/** The lag in bytes that PostgreSQL itself reports. */
async function trueBytes(standby: Standby): Promise<number> {
  const [at] = await standby.sql("SELECT pg_last_wal_replay_lsn()::text AS lsn");
  const [row] = await primary.sql("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), $1::pg_lsn)::int8 AS bytes", [
    at?.lsn,
  ]);
  return Number(row?.bytes);
}

beforeAll(async () => {
  primary = await startPostgres();
  const settings = {
    ORRERY_ENGINE: "postgres",
    ORRERY_POSTGRES_URLS: primary.url(),
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTORS_REPLICATION_INTERVAL_MS: String(EVERY_MS),
  };
  await runMigrate(settings);
  [kept, loose] = await Promise.all([
    startStandby(primary, { name: "walreceiver", slot: "standby_1" }),
    startStandby(primary, { name: "west" }),
  ]);
  coordinator = await startTestCoordinator(settings);
  const { nodes } = await coordinator.client.cluster.listNodes({});
  group = String(nodes[0]?.groupId);
});

afterAll(async () => {
  await coordinator?.stop();
  await Promise.all([kept?.stop(), loose?.stop()]);
  await primary?.stop();
});

describe("the lag of streaming standbys", () => {
  it("the lag is 0 while the standbys keep up, and each is reported with its state and slot", async () => {
    await write();
    await Promise.all([caughtUp("standby_1"), caughtUp("west")]);
    const series = await coordinator.series();
    expect(series.get(`orrery_standby_sync{shard_id="${group}",replica_id="west",sync_state="async"}`)).toBe(
      1,
    );
    const slot = `{shard_id="${group}",slot="standby_1",type="physical"}`;
    expect(series.get(`orrery_replication_slot_active${slot}`)).toBe(1);
    expect([...series.keys()].filter((name) => name.startsWith("orrery_standby_up"))).toHaveLength(2);
  });

  it("the lag stays 0 on an idle primary", async () => {
    await Promise.all([caughtUp("standby_1"), caughtUp("west")]);
    const seen: Awaited<ReturnType<typeof lagOf>>[] = [];
    const first = await runs();
    await waitFor(
      async () => {
        seen.push(await lagOf("west"));
        return (await runs()) >= first + 20;
      },
      { what: "twenty samples" },
    );
    // PostgreSQL writes a little log by itself now and then; time passes all the while.
    expect(seen.filter(({ up, bytes, seconds }) => up !== 1 || (bytes === 0 && seconds !== 0))).toEqual([]);
    expect(seen.filter(({ bytes }) => bytes === 0).length).toBeGreaterThan(seen.length / 2);
  });

  it("the lag grows in bytes and seconds while replay is paused, and is gone after it resumes", async () => {
    await kept.sql("SELECT pg_wal_replay_pause()");
    await waitFor(
      async () => (await kept.sql("SELECT pg_get_wal_replay_pause_state() AS s"))[0]?.s === "paused",
      { what: "the pause" },
    );
    const pausedMs = performance.now();
    await write();
    await waitFor(async () => ((await lagOf("standby_1")).seconds ?? 0) > 2, { what: "2 s of lag" });
    const { up, bytes, seconds } = await lagOf("standby_1");
    const elapsed = (performance.now() - pausedMs) / 1000;
    expect(up).toBe(1);
    // PostgreSQL writes a little log by itself now and then.
    await waitFor(async () => (await lagOf("standby_1")).bytes === (await trueBytes(kept)), {
      what: "the lag in bytes to be what PostgreSQL says",
    });
    expect(bytes).toBeGreaterThan(10_000);
    expect(seconds).toBeLessThanOrEqual(elapsed);
    // It grows from sample to sample, which a busy machine takes late.
    expect(seconds).toBeGreaterThan(elapsed / 4);
    expect(await lagOf("west")).toMatchObject({ up: 1, bytes: 0, seconds: 0 });
    await kept.sql("SELECT pg_wal_replay_resume()");
    await caughtUp("standby_1");
  });

  it("a standby that was stopped is still reported, with its lag and the log its slot retains", async () => {
    await Promise.all([kept.stop(), loose.stop()]);
    await waitFor(async () => (await lagOf("standby_1")).up === 0 && (await lagOf("west")).up === 0, {
      what: "both to be reported as gone",
    });
    await write();
    await waitFor(async () => ((await lagOf("west")).seconds ?? 0) > 1, { what: "lag of one that is gone" });
    for (const replica of ["standby_1", "west"]) {
      const { up, bytes } = await lagOf(replica);
      expect(up).toBe(0);
      expect(bytes).toBeGreaterThan(10_000);
    }
    const series = await coordinator.series();
    const slot = `{shard_id="${group}",slot="standby_1",type="physical"}`;
    expect(series.get(`orrery_replication_slot_active${slot}`)).toBe(0);
    expect(series.get(`orrery_replication_slot_retained_bytes${slot}`)).toBeGreaterThan(10_000);
    await Promise.all([kept.start(), loose.start()]);
    await Promise.all([caughtUp("standby_1"), caughtUp("west")]);
  });
});
