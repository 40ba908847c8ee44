import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OrreryError } from "../../src/errors.ts";
import { createNodePools, type NodePools } from "../../src/shards/node-pools.ts";
import { schemaRange } from "../../src/shards/schema-range.ts";
import type { ShardMap } from "../../src/topology/shard-map.ts";
import { backendOf, deadline, errorOf, openDriver, run } from "../support/driver-fixture.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { silentLogger } from "../support/silent-logger.ts";
import { waitFor } from "../support/wait-for.ts";

const NODE = { id: 7, group: 3, name: "worker:5432", role: "primary" } as const;

let server: PostgresServer;
let pools: NodePools;

/** A map in which node group 3 holds these shards and group 4 the others. */
function mapOf(...shards: readonly number[]): ShardMap {
  const all = [1, 2, 3].map((id) => ({ id, min: id, max: id, group: shards.includes(id) ? 3 : 4 }));
  const settings = {
    dimension: 3,
    metric: "cosine",
    quantization: "none",
    hnsw: { m: 16, efConstruction: 64 },
  } as const;
  return {
    epoch: 1,
    clusterId: "ours",
    nodes: [NODE, { ...NODE, id: 8, group: 4, name: "other:5432" }],
    collections: [{ id: 1, name: "memory_entries", table: "memory_entries", ...settings, shards: all }],
  };
}

/** Sets what the server reports about itself from now on. */
async function hello(cluster: string, group: number, inRecovery: boolean, schema = 5): Promise<void> {
  await server.sql(`CREATE OR REPLACE FUNCTION orrery.hello(
  OUT cluster_id text, OUT group_id int, OUT in_recovery boolean, OUT schema_version int)
LANGUAGE sql AS $$ SELECT '${cluster}', ${group}, ${inRecovery}, ${schema} FROM nextval('public.hellos') $$`);
}

/** A driver of node group 3, through the pools. */
const onGroup = (group = 3) => ({
  run: (...[statement, options]: Parameters<PostgresRun>) => pools.runOn(group, statement, options),
  close: async () => {},
});
type PostgresRun = ReturnType<typeof openDriver>["run"];

const written = async () => (await server.sql("SELECT FROM written")).length;

beforeAll(async () => {
  server = await startPostgres();
  await server.sql("CREATE TABLE written (i int)");
  await server.sql("CREATE SEQUENCE hellos");
});

beforeEach(async () => {
  await server.sql("CREATE SCHEMA IF NOT EXISTS orrery");
  await hello("ours", 3, false);
  pools = createNodePools({
    openDriver: (_, verify) => openDriver(server.url(), { max: 1, verify }),
    openUpkeep: (_, verify) => openDriver(server.url(), { max: 1, verify }),
    schema: schemaRange(5),
    logger: silentLogger,
    epochMs: Date.now,
  });
  pools.applyMap(mapOf(1, 2));
});

afterEach(() => pools.close());

afterAll(() => server?.stop());

describe("a node that is not what the map says", () => {
  it.each([
    ["of another cluster", () => hello("theirs", 3, false), "belongs to cluster theirs, not ours"],
    ["of another node group", () => hello("ours", 4, false), "is in node group 4, not 3"],
    ["in recovery", () => hello("ours", 3, true), "is in recovery"],
  ])("a node %s gets no statement until that is corrected", async (_, become, why) => {
    await become();
    for (const write of [false, true]) {
      await expect(run(onGroup(), "INSERT INTO written VALUES (1)", [], { write })).rejects.toMatchObject({
        code: "NODE_MISMATCH",
        message: `node worker:5432 ${why}${why.endsWith("recovery") ? ", so it is not the primary" : ""}`,
        details: { metadata: { node: "worker:5432" } },
      });
    }
    expect(await written()).toBe(0);
    expect(pools.health(NODE)).toEqual({ error: expect.stringContaining(why) });
    await hello("ours", 3, false);
    expect(await run(onGroup(), "SELECT 1")).toEqual([[1]]);
    expect(pools.health(NODE)).toEqual({ answeredAtMs: expect.any(Number) });
  });

  it.each([
    ["function", "DROP FUNCTION orrery.hello()"],
    ["schema", "DROP SCHEMA orrery CASCADE"],
  ])("a node that lacks the %s of Orrery is refused with the command to run", async (_, drop) => {
    await server.sql(drop);
    await expect(run(onGroup(), "INSERT INTO written VALUES (1)", [], { write: true })).rejects.toMatchObject(
      {
        code: "NODE_NOT_MIGRATED",
        message: expect.stringMatching(/node-1 .*orrery migrate/),
      },
    );
    expect(await written()).toBe(0);
    expect(pools.health(NODE)).toEqual({ error: expect.stringMatching(/orrery migrate/) });
  });

  it.each([
    [3, /has version 3 of Orrery's schema.*works with 4 to 6: run `orrery migrate`/],
    [7, /has version 7 of Orrery's schema.*works with 4 to 6: upgrade this coordinator/],
    ["null::int", /does not say which version.*run `orrery migrate`/],
  ])("a node whose schema version is %s is refused with what to do", async (version, why) => {
    await hello("ours", 3, false, version as number);
    await expect(run(onGroup(), "INSERT INTO written VALUES (1)", [], { write: true })).rejects.toMatchObject(
      {
        code: "NODE_NOT_MIGRATED",
        message: expect.stringMatching(new RegExp(`^node worker:5432 ${why.source}`)),
        details: { metadata: { node: "worker:5432" } },
      },
    );
    expect(await written()).toBe(0);
    expect(pools.health(NODE)).toEqual({ error: expect.stringMatching(why) });
  });

  it.each([4, 6])("a node whose schema has the neighboring version %s is accepted", async (version) => {
    await hello("ours", 3, false, version);
    expect(await run(onGroup(), "SELECT 1")).toEqual([[1]]);
  });

  it("a missing table of Orrery's schema is not taken for a shard that moved", async () => {
    await server.sql(`CREATE OR REPLACE FUNCTION orrery.hello(
  OUT cluster_id text, OUT group_id int, OUT in_recovery boolean, OUT schema_version int)
LANGUAGE plpgsql AS $$ BEGIN SELECT groupid INTO group_id FROM pg_catalog.pg_dist_local_group; END $$`);
    await expect(run(onGroup(), "SELECT 1")).rejects.toMatchObject({
      code: "NODE_NOT_MIGRATED",
      message: expect.stringMatching(/pg_dist_local_group.*orrery migrate/),
    });
  });
});

it("a connection checks the server's identity once, however many statements it runs", async () => {
  const hellos = async () => Number((await server.sql("SELECT last_value FROM hellos"))[0]?.last_value);
  await run(onGroup(), "SELECT 1");
  const before = await hellos();
  for (let i = 0; i < 200; i += 1) await run(onGroup(), "SELECT 1");
  expect(await hellos()).toBe(before);
});

describe("node pools", () => {
  it("a statement for a node group that the map lacks fails as unavailable", async () => {
    await expect(run(onGroup(9), "SELECT 1")).rejects.toMatchObject({
      code: "NODE_UNAVAILABLE",
      details: { metadata: { group: "9" } },
    });
  });

  it("only the connections of a node that lost a shard are replaced", async () => {
    const first = await backendOf(onGroup());
    pools.applyMap(mapOf(1, 2, 3));
    expect([await backendOf(onGroup()), await backendOf(onGroup())]).toEqual([first, first]);
    pools.applyMap(mapOf(1, 3));
    expect(await backendOf(onGroup())).toBe(first);
    expect(await backendOf(onGroup())).not.toBe(first);
  });

  it("the connections of a node that left the map are closed once their statements end", async () => {
    const running = run(onGroup(), "SELECT 5 FROM pg_sleep(0.2)");
    await waitFor(() => pools.connections().some(({ total }) => total === 1), { what: "a connection" });
    pools.applyMap({ ...mapOf(), nodes: [] });
    expect(pools.connections()).toEqual([]);
    await expect(run(onGroup(), "SELECT 1")).rejects.toMatchObject({ code: "NODE_UNAVAILABLE" });
    expect(await running).toEqual([[5]]);
  });

  it("a node's health changes with statement errors and missing answers, but not with a caller's deadline", async () => {
    await errorOf(run(onGroup(), "SELECT 1 / 0"));
    const answered = pools.health(NODE);
    expect(answered).toEqual({ answeredAtMs: expect.any(Number) });
    const end = deadline();
    const slow = run(onGroup(), "SELECT pg_sleep(60)", [], { signal: end.signal });
    end.abort();
    await errorOf(slow);
    expect(pools.health(NODE)).toEqual(answered);
    const silent = new OrreryError("NODE_UNAVAILABLE", "no answer to a ping");
    await errorOf(run(onGroup(), "SELECT 1", [], { signal: AbortSignal.abort(silent) }));
    expect(pools.health(NODE)).toEqual({ ...answered, error: "no answer to a ping" });
  });
});
