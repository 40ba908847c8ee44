import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { checkCluster } from "../../src/doctor/check-cluster.ts";
import { inspectCluster } from "../../src/doctor/inspect-cluster.ts";
import type { Logger } from "../../src/lib/logger.ts";
import { listStatement } from "../../src/shards/sql/list.ts";
import { f32, runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { startPostgresBed } from "../support/plan-beds.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { silentLogger } from "../support/silent-logger.ts";
import { KINDS, type PlanBed, testSearchPlans } from "../support/suites/search-plans.ts";
import { waitFor } from "../support/wait-for.ts";

testSearchPlans(startPostgresBed, { kinds: KINDS, rows: 10_000 });

describe("a page of records that a filter holds for", () => {
  let bed: PlanBed;
  beforeAll(async () => {
    bed = await startPostgresBed();
  });
  afterAll(() => bed?.stop());

  it("may be found by an index of the filter and sorted, where that reads fewer rows", async () => {
    const { relation, shardId } = await bed.create({
      name: "listed",
      dimension: 3,
      metric: "cosine",
      quantization: "none",
      hnsw: { m: 4, efConstruction: 8 },
      shardCount: 1,
      settings: { recordIndexes: ["metadata", "tags", "created_at"] },
    });
    const run = (text: string) => bed.run({ text, values: [], prepare: false });
    await run(`INSERT INTO ${relation} (shard_key, namespace, key, tags, embedding, created_at, updated_at, version)
SELECT 'n', 'n', 'k' || i, CASE WHEN i % 1000 = 0 THEN '{rare}' ELSE '{common}' END::text[],
  ARRAY[random(), random(), random()]::float4[]::vector, now(), now(), i FROM generate_series(1, 5000) i`);
    await run(`ANALYZE ${relation}`);
    const page = listStatement({
      branch: { relation, shardId, shardKeys: ["n"] },
      afterKey: "",
      limit: 100,
      filter: { kind: "tags", match: "any", tags: ["rare"] },
      wanted: { value: true, metadata: false, vector: false },
    });
    const planOf = async (sorts: boolean) => {
      const { sorts: _, ...statement } = { ...page, text: `EXPLAIN ${page.text}` };
      return (await bed.run(sorts ? { ...statement, sorts } : statement)).map(String).join("\n");
    };
    expect(page.sorts).toBe(true);
    expect(await planOf(true)).toMatch(/Bitmap Index Scan on \S+_tags/);
    // Elsewhere the order is taken from the primary key.
    expect(await planOf(false)).not.toMatch(/_tags/);
    expect(await bed.run(page)).toHaveLength(5);
  });
});

describe("a shard whose vector index is over something else than its searches order by", () => {
  let server: PostgresServer;
  let coordinator: TestCoordinator;
  let settings: Readonly<Record<string, string>>;
  const warned: { readonly fields: Readonly<Record<string, unknown>>; readonly message: string }[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (fields, message) => void warned.push({ fields: { ...fields }, message }),
    child: () => logger,
  };

  beforeAll(async () => {
    server = await startPostgres();
    settings = {
      ORRERY_ENGINE: "postgres",
      ORRERY_POSTGRES_URLS: server.url(),
      ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
      ORRERY_COLLECTION_SHARDS: "2",
    };
    await runMigrate(settings);
  });
  afterAll(async () => {
    await coordinator?.stop();
    await server?.stop();
  });

  const findings = async () => (await coordinator.client.cluster.getClusterStatus({})).findings;
  const plansChecked = async () =>
    checkCluster(await inspectCluster(loadConfig({ env: settings }), silentLogger)).filter(({ what }) =>
      what.endsWith(" plans"),
    );

  it("is found by no check where there is nothing to find", async () => {
    coordinator = await startTestCoordinator(settings, logger);
    await waitFor(
      async () =>
        (await coordinator.series()).get('orrery_misplanned_searches{table_name="memory_entries"}') === 0,
      { what: "the plans to be read" },
    );
    expect(await findings()).toEqual([]);
    expect(await plansChecked()).toMatchObject([{ verdict: "ok" }]);
    await coordinator.stop();
  });

  it("is a finding, a metric, a warning that names collection, shard and search, and fails the doctor", async () => {
    for (const { indexrelid, indrelid } of await server.sql(
      "SELECT indexrelid::regclass::text, indrelid::regclass::text FROM pg_index x JOIN pg_class i ON i.oid = indexrelid JOIN pg_am a ON a.oid = i.relam AND amname = 'hnsw'",
    )) {
      await server.sql(`DROP INDEX ${indexrelid}`);
      await server.sql(`CREATE INDEX ON ${indrelid} USING hnsw (embedding vector_l2_ops)`);
    }
    coordinator = await startTestCoordinator(settings, logger);
    await waitFor(async () => (await findings()).length > 0, { what: "the finding" });
    expect((await findings()).join("\n")).toMatch(
      /does not plan searches of collection memory_entries as they are meant \(shard \d+: ann of 10 rows by Seq Scan and \d+ more\)/,
    );
    const series = await coordinator.series();
    expect(series.get('orrery_misplanned_searches{table_name="memory_entries"}')).toBeGreaterThan(5);
    expect(series.get("orrery_findings")).toBeGreaterThan(0);
    expect(warned.filter(({ message }) => message.includes("does not plan"))).toContainEqual(
      expect.objectContaining({
        fields: expect.objectContaining({
          collection: "memory_entries",
          template: "bounded at 1000 for 10 rows",
        }),
      }),
    );
    const [check] = await plansChecked();
    expect(check).toMatchObject({ verdict: "failed" });
    expect(check?.detail).toMatch(/memory_entries.*ann of 10 rows/);
    // Answers stay right.
    const vector = { namespace: "n", key: "k", vector: f32([1, 2, 3]) };
    await coordinator.client.vector.upsert({ collection: "memory_entries", records: [vector] });
    const { hits } = await coordinator.client.vector.search({
      collection: "memory_entries",
      namespaces: ["n"],
      vector: f32([1, 2, 3]),
    });
    expect(hits).toHaveLength(1);
  });
});
