/**
 * Every kind of change by an admin role that is no superuser and has only the rights SECURITY.md lists.
 */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readMarks } from "../../src/engines/citus/sql/statement-marks.ts";
import { findProcess, readObjects } from "../../src/engines/citus/sql/statement-objects.ts";
import type { OperationMessage } from "../../src/proto/generated/orrery/v1/Operation.ts";
import { withAdminSession } from "../../src/shards/pg/admin-session.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { f32, runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { finished } from "../support/finished.ts";
import { placementOf } from "../support/placements.ts";

const NAMESPACES = Array.from({ length: 8 }, (_, i) => `ns${i}`);
const done = { state: "OPERATION_STATE_DONE" };
/** The shards are nearly empty, so blocked writes cost nothing. */
const options = { transferMode: "TRANSFER_MODE_BLOCK_WRITES" } as const;

let cluster: CitusCluster;
let coordinator: TestCoordinator;
let settings: Readonly<Record<string, string>>;

const client = () => coordinator.client;
const ended = async (begun: Promise<OperationMessage>) => finished(coordinator, await begun);
const name = (index: number) => cluster.nodes[index]?.name ?? "";
/** The change and its dry run alike are refused for what the admin role lacks, before anything starts. */
async function refusesBoth(
  change: () => Promise<OperationMessage>,
  dryRun: () => Promise<OperationMessage>,
  right: RegExp,
): Promise<void> {
  for (const begin of [dryRun, change]) {
    await expect(begin()).rejects.toMatchObject({
      failure: {
        status: "FAILED_PRECONDITION",
        reason: "NODE_NOT_MIGRATED",
        message: expect.stringMatching(right),
      },
    });
  }
}

/** Grants rights on these nodes alone, without propagation by Citus. */
async function grant(nodes: readonly number[], rights: string): Promise<void> {
  for (const node of nodes) {
    await cluster.nodes[node]?.server.sql(
      `SET citus.enable_ddl_propagation TO off; GRANT ${rights} TO admin`,
    );
  }
}

const placeOf = (namespace: string, table?: string) => placementOf(cluster, namespace, table);

beforeAll(async () => {
  // Lets parallel workers scan tables of any size.
  cluster = await startCitusCluster({ workers: 2, settings: { min_parallel_table_scan_size: "0" } });
  await cluster.sql("CREATE ROLE admin LOGIN");
  await cluster.sql("CREATE ROLE orrery_service NOLOGIN");
  await cluster.sql("CREATE ROLE service LOGIN IN ROLE orrery_service");
  for (const { server } of cluster.nodes) {
    await server.sql("SET citus.enable_ddl_propagation TO off; ALTER DATABASE orrery OWNER TO admin");
  }
  settings = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.coordinator.url("service"),
    ORRERY_CITUS_ADMIN_URL: cluster.coordinator.url("admin"),
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "2",
  };
  await runMigrate(settings);
  coordinator = await startTestCoordinator(settings);
  const records = NAMESPACES.map((namespace) => ({ namespace, key: "k", vector: f32([1, 2, 3]) }));
  await client().vector.upsert({ records });
});

afterAll(async () => {
  await coordinator?.stop();
  await cluster?.stop();
});

describe("index builds of changes", () => {
  const NAMESPACE = "large";
  const ROWS = 4_000;
  const NOTES = `SET citus.enable_ddl_propagation TO off;
CREATE TABLE public.builds (builder text, workers text);
GRANT INSERT ON public.builds TO PUBLIC;
CREATE FUNCTION public.note_build() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO public.builds VALUES (current_user, current_setting('max_parallel_maintenance_workers')); END $$;
CREATE EVENT TRIGGER note_build ON ddl_command_start WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION public.note_build()`;
  const FORGET = `SET citus.enable_ddl_propagation TO off;
DROP EVENT TRIGGER note_build; DROP FUNCTION public.note_build(); DROP TABLE public.builds`;
  let table: string;

  /** The settings of each index build since the last call, as its session saw them. */
  async function built(): Promise<readonly string[]> {
    const rows: Record<string, unknown>[] = [];
    for (const { server } of cluster.nodes)
      rows.push(...(await server.sql("DELETE FROM public.builds RETURNING *")));
    return [...new Set(rows.map(({ builder, workers }) => `${workers} workers as ${builder}`))];
  }

  /** The most parallel workers seen at an index build while the change ran. */
  async function mostWorkersDuring(target: number, change: () => Promise<OperationMessage>): Promise<number> {
    const watcher = new pg.Client({ connectionString: cluster.nodes[target]?.server.adminUrl });
    await watcher.connect();
    const counts: number[] = [];
    let over = false;
    const watching = (async () => {
      while (!over) {
        const { rows } = await watcher.query(
          `SELECT (SELECT count(*)::int FROM pg_stat_activity a WHERE a.leader_pid = p.pid AND a.backend_type = 'parallel worker') AS workers
FROM pg_stat_progress_create_index p`,
        );
        counts.push(...rows.map(({ workers }) => Number(workers)));
      }
    })();
    try {
      expect(await ended(change())).toMatchObject(done);
    } finally {
      over = true;
      await watching.finally(() => watcher.end());
    }
    // Without a sample of the build the number would mean nothing.
    expect(counts.length).toBeGreaterThan(10);
    return Math.max(...counts);
  }

  /** The progress that moves reported during their index builds. */
  const reported: number[] = [];
  async function follow(begun: OperationMessage): Promise<void> {
    for await (const { moves } of client().operation.watchOperation({ id: begun.id })) {
      for (const { phase, fraction } of moves) if (phase === "build indexes") reported.push(fraction);
    }
  }

  async function move(): Promise<number> {
    const { shardId, group } = await placeOf(NAMESPACE, table);
    const target = 3 - group;
    let followed: Promise<void> | undefined;
    const most = await mostWorkersDuring(target, async () => {
      const begun = await client().cluster.moveShard({ shardId, targetNode: name(target) });
      followed = follow(begun);
      return begun;
    });
    await followed;
    return most;
  }

  beforeAll(async () => {
    const collection = { name: "built", dimension: 32, shardCount: 1, hnsw: { efConstruction: 300 } };
    expect(await ended(client().collection.createCollection({ collection }))).toMatchObject(done);
    const [row] = await cluster.sql("SELECT table_name FROM orrery.collections WHERE name = 'built'");
    table = String(row?.table_name);
    await cluster.sql(
      `INSERT INTO ${table} (shard_key, namespace, key, value, metadata, tags, embedding, created_at, updated_at, version)
SELECT $1, $1, i::text, '', '{}', '{}', (SELECT array_agg(sin(i * j)) FROM generate_series(1, 32) j)::vector, now(), now(), 1
FROM generate_series(1, $2::int) i`,
      [NAMESPACE, ROWS],
    );
    for (const { server } of cluster.nodes) await server.sql(NOTES);
  });

  afterAll(async () => {
    for (const { server } of cluster.nodes) await server.sql(FORGET);
    await ended(client().collection.deleteCollection({ name: "built" }));
  });

  it("every change builds its indexes in one process by default", async () => {
    expect(await move()).toBe(0);
    expect(await built()).toEqual(["0 workers as admin"]);
    const { shardId } = await placeOf(NAMESPACE, table);
    expect(await ended(client().cluster.splitShard({ shardId, splitPoints: [0] }))).toMatchObject(done);
    expect(await built()).toEqual(["0 workers as admin"]);
    const isolate = { collection: "built", namespace: NAMESPACE };
    expect(await ended(client().cluster.isolateNamespace(isolate))).toMatchObject(done);
    expect(await built()).toEqual(["0 workers as admin"]);
  });

  it("a change builds its indexes with as many parallel workers as rebalance.indexWorkers says", async () => {
    await coordinator.stop();
    coordinator = await startTestCoordinator({ ...settings, ORRERY_REBALANCE_INDEX_WORKERS: "1" });
    expect(await move()).toBe(1);
    // It was another number before.
    expect(await move()).toBe(1);
    expect(await built()).toEqual(["1 workers as admin"]);
    await coordinator.stop();
    coordinator = await startTestCoordinator(settings);
    expect(await move()).toBe(0);
  });

  it("the progress of a move counts the blocks of its index builds", () => {
    const [begins, ends] = [0.42, 0.93];
    expect(reported.length).toBeGreaterThan(0);
    for (const fraction of reported) expect(fraction).toBeGreaterThanOrEqual(begins);
    expect(reported.some((fraction) => fraction > begins && fraction < ends)).toBe(true);
  });
});

describe("an admin role that owns the database and is no superuser", () => {
  it("an admin role that is no superuser can migrate, and create and delete collections", async () => {
    const { collection, namespace } = client();
    const made = { name: "made", dimension: 3, shardCount: 2 };
    expect(await ended(collection.createCollection({ collection: made }))).toMatchObject(done);
    expect(await ended(namespace.deleteNamespace({ namespace: "ns7" }))).toMatchObject(done);
    expect(await ended(collection.deleteCollection({ name: "made" }))).toMatchObject(done);
  });

  it("an admin role that is no superuser can move, split, isolate, pin and rebalance", async () => {
    const { cluster: api, namespace } = client();
    const { shardId } = await placeOf("ns0");
    expect(await ended(api.splitShard({ shardId }))).toMatchObject(done);
    expect(await ended(api.isolateNamespace({ namespace: "ns1" }))).toMatchObject(done);
    const piece = await placeOf("ns0");
    const away = { shardId: piece.shardId, targetNode: name(3 - piece.group) };
    expect(await ended(api.moveShard(away))).toMatchObject({ ...done, message: "moved 1 shard groups" });
    const pinToNode = name(3 - (await placeOf("ns1")).group);
    expect(await ended(namespace.updateNamespace({ namespace: "ns1", pinToNode }))).toMatchObject(done);
    expect(await ended(namespace.updateNamespace({ namespace: "ns1", unpin: true }))).toMatchObject(done);
    const plan = await api.planRebalance({ strategy: "BALANCE_STRATEGY_BY_SHARD_COUNT" });
    expect(plan.warnings.filter(({ severity }) => severity !== "SEVERITY_NOTICE")).toEqual([]);
    expect(await ended(api.startRebalance({ planId: plan.id, options }))).toMatchObject(done);
  });

  it("an admin role that is no superuser can give a collection of before what new ones have, add filter indexes, and build an index anew", async () => {
    await cluster.sql("UPDATE orrery.collections SET settings = '{}' WHERE name = 'memory_entries'");
    const { collection, cluster: api } = client();
    const update = await collection.updateCollection({
      name: "memory_entries",
      complete: true,
      addFilterIndexes: [{ fields: [{ path: "year", type: "FIELD_TYPE_NUMBER" }] }],
    });
    expect(await finished(coordinator, update)).toMatchObject(done);
    expect(await collection.getCollection({ name: "memory_entries" })).toMatchObject({ lacks: [] });
    const { shardId } = await placeOf("ns0");
    const reindex = { shardId, requestId: "", m: 20, efConstruction: 80 };
    expect(await ended(api.reindexShard(reindex))).toMatchObject(done);
    await expect(client().vector.count({ allNamespaces: true })).resolves.toMatchObject({ count: "7" });
  });

  it("an admin role that is no superuser can see how far a statement is", async () => {
    const objects = { tables: ["public.memory_entries"], subscriptions: ["s"], slots: ["s"] };
    for (const { name: node, server } of cluster.nodes) {
      const admin = { node, url: server.url("admin"), connectTimeoutMs: 5_000 };
      const reading = await withAdminSession(admin, new AbortController().signal, (query) =>
        readMarks(query, node, { session: "orrery-op-x-0", process: 1, objects }),
      );
      expect(reading).toMatchObject({ marks: [expect.stringContaining("memory_entries")], obstacles: [] });
    }
    const objectsOf = await withAdminSession(
      { node: name(0), url: cluster.coordinator.url("admin"), connectTimeoutMs: 5_000 },
      new AbortController().signal,
      async (query) => [await findProcess(query, "orrery-op-x-0"), await readObjects(query, 1)],
    );
    expect(objectsOf).toEqual([undefined, new Map()]);
  });

  it("an admin role that does not own the tables cannot move, split, isolate, pin or drain, and a dry run says so", async () => {
    const [{ table }] = (await cluster.sql(
      "SELECT table_name AS table FROM orrery.collections WHERE name = 'memory_entries'",
    )) as [{ table: string }];
    const { shardId, group } = await placeOf("ns0");
    await cluster.sql(`ALTER TABLE public.${table} OWNER TO postgres`);
    try {
      const { cluster: api, namespace } = client();
      const lacks = /to own the table of collection memory_entries/;
      const dry = { validateOnly: true };
      const move = { shardId, targetNode: name(3 - group) };
      await refusesBoth(
        () => api.moveShard(move),
        () => api.moveShard({ ...move, ...dry }),
        lacks,
      );
      await refusesBoth(
        () => api.splitShard({ shardId }),
        () => api.splitShard({ shardId, ...dry }),
        lacks,
      );
      const isolate = { namespace: "ns2" };
      await refusesBoth(
        () => api.isolateNamespace(isolate),
        () => api.isolateNamespace({ ...isolate, ...dry }),
        lacks,
      );
      const pin = { namespace: "ns2", pinToNode: name(1) };
      await refusesBoth(
        () => namespace.updateNamespace(pin),
        () => namespace.updateNamespace({ ...pin, ...dry }),
        lacks,
      );
    } finally {
      await cluster.sql(`ALTER TABLE public.${table} OWNER TO admin`);
    }
  });

  it("an admin role that is no superuser can drain and remove nodes once it has the rights, which an error names", async () => {
    const { cluster: api } = client();
    const node = name(2);
    const drain = () => api.drainNode({ node, options });
    const dryDrain = () => api.drainNode({ node, options, validateOnly: true });
    const everywhere = (right: string) =>
      new RegExp([0, 1, 2].map((at) => `${right} on ${name(at)}`).join(".*"));
    await refusesBoth(drain, dryDrain, /EXECUTE ON FUNCTION citus_set_node_property\(/);
    await grant([0], "EXECUTE ON FUNCTION citus_set_node_property(text, int, text, boolean)");
    await refusesBoth(drain, dryDrain, everywhere("UPDATE ON pg_dist_node"));
    await grant([0, 1], "UPDATE ON pg_dist_node");
    await refusesBoth(drain, dryDrain, new RegExp(`lacks: UPDATE ON pg_dist_node on ${node}\\.`));
    await grant([2], "UPDATE ON pg_dist_node");
    expect((await dryDrain()).id).toBe("");
    expect(await ended(drain())).toMatchObject(done);
    expect(await ended(api.restoreNode({ node }))).toMatchObject(done);
    expect(await ended(drain())).toMatchObject(done);

    const remove = () => api.removeNode({ node });
    const dryRemove = () => api.removeNode({ node, validateOnly: true });
    await refusesBoth(remove, dryRemove, /EXECUTE ON FUNCTION citus_remove_node\(/);
    await grant([0], "EXECUTE ON FUNCTION citus_remove_node(text, int)");
    await refusesBoth(remove, dryRemove, everywhere("DELETE ON pg_dist_node, DELETE ON pg_dist_placement"));
    await grant([0, 1, 2], "DELETE ON pg_dist_node, pg_dist_placement");
    expect((await dryRemove()).id).toBe("");
    expect(await ended(api.removeNode({ node }))).toMatchObject(done);
    expect(await client().vector.count({ allNamespaces: true })).toMatchObject({ count: "7" });
  });

  it("an admin role that cannot add nodes is refused before anything starts", async () => {
    await expect(client().cluster.addNode({ node: name(2) })).rejects.toMatchObject({
      failure: { reason: "NODE_NOT_MIGRATED", message: expect.stringMatching(/superuser/) },
    });
  });
});
