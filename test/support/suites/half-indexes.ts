/** `half` collections whose index an early version made, over the vectors as they are stored. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { toVector } from "../../../src/cli/values.ts";
import { packageRoot } from "../../../src/lib/package-root.ts";
import { runMigrate, type TestCoordinator } from "../coordinator.ts";
import { finished } from "../finished.ts";
import { type PostgresServer, runSql } from "../postgres-server.ts";
import { waitFor } from "../wait-for.ts";

export interface HalfLane {
  readonly coordinator: TestCoordinator;
  readonly settings: Readonly<Record<string, string>>;
  /** All that hold shards. */
  readonly servers: readonly PostgresServer[];
  /** Puts the index of an early version in place of the present one. */
  makeEarly(collection: string): Promise<void>;
}

/** Shards are hidden by Citus otherwise. */
const SEES_SHARDS = `?options=${encodeURIComponent("-c citus.override_table_visibility=off")}`;
const NAME = "early";
const ROWS = 2_000;

export function testHalfIndexes(lane: () => HalfLane): void {
  const indexes = async () =>
    (
      await Promise.all(
        lane().servers.map(({ adminUrl }) =>
          runSql(
            `${adminUrl}${SEES_SHARDS}`,
            `SELECT c.relname AS name, x.indisvalid AS valid, pg_get_indexdef(c.oid) AS definition,
               pg_stat_get_numscans(c.oid)::int AS scans, c.oid::int AS id
             FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
             WHERE pg_get_indexdef(c.oid) LIKE '%halfvec\\_cosine\\_ops%' AND x.indrelid::regclass::text ~ '_\\d+_\\d+$' ORDER BY 1`,
          ),
        ),
      )
    ).flat();
  const isNew = ({ definition }: Record<string, unknown>) => String(definition).includes("l2_normalize");
  const search = async (values: readonly number[], exact = false) => {
    const request = {
      collection: NAME,
      allNamespaces: true,
      vector: toVector(values),
      topK: 10,
      params: { exact },
    };
    const { hits, completeness } = await lane().coordinator.client.vector.search(request);
    expect(completeness?.complete).toBe(true);
    return hits.map(({ key }) => key);
  };
  /** Searches, and waits until PostgreSQL has counted scans of an index that `chosen` takes. */
  const scansOf = async (chosen: (index: Record<string, unknown>) => boolean) => {
    const count = async () =>
      (await indexes()).filter(chosen).reduce((sum, { scans }) => sum + Number(scans), 0);
    const before = await count();
    await waitFor(
      async () => {
        await search([1, 2, 3]);
        return (await count()) > before;
      },
      { what: "scans of the index", timeoutMs: 60_000 },
    );
  };

  describe("half collections of an early version", () => {
    it("are searched by their index until the new one is there, also while it is built and after its build was cut off", async () => {
      const { coordinator, settings, servers, makeEarly } = lane();
      const { client } = coordinator;
      const collection = {
        name: NAME,
        dimension: 3,
        quantization: "QUANTIZATION_HALF",
        shardCount: 4,
      } as const;
      const made = await client.collection.createCollection({ collection });
      expect(await finished(coordinator, made)).toMatchObject({ state: "OPERATION_STATE_DONE" });
      const angle = (at: number) => [Math.cos(at / 700), Math.sin(at / 700), 0.1];
      for (let from = 0; from < ROWS; from += 1_000) {
        const records = Array.from({ length: 1_000 }, (_, index) => {
          const at = from + index;
          return { namespace: `n${at % 40}`, key: `k${at}`, vector: toVector(angle(at)) };
        });
        await client.vector.upsert({ collection: NAME, records });
      }
      await makeEarly(NAME);
      for (const server of servers) await server.sql("ANALYZE");
      const before = await indexes();
      expect(before).toHaveLength(4);
      expect(before.some(isNew)).toBe(false);
      const nearest = await search(angle(1_000), true);

      // Whoever builds an index concurrently waits for older snapshots.
      const blockers = await Promise.all(servers.map(({ adminUrl }) => holdSnapshot(adminUrl)));
      const migrating = spawn(process.execPath, [join(packageRoot(), "dist/src/main.js"), "migrate"], {
        env: { ...settings },
        stdio: "ignore",
      });
      const gone = once(migrating, "exit");
      try {
        await waitFor(async () => (await indexes()).some(isNew), { what: "a build", timeoutMs: 30_000 });
        await scansOf((index) => !isNew(index));
        expect(await search(angle(1_000))).toEqual(nearest);
      } finally {
        migrating.kill("SIGKILL");
        await gone;
      }
      await waitFor(
        async () =>
          (
            await Promise.all(
              servers.map((server) =>
                server.sql(
                  "SELECT FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%' AND state = 'active'",
                ),
              ),
            )
          ).flat().length === 0,
        { what: "the build to end with its process", timeoutMs: 30_000 },
      );
      await Promise.all(blockers.map((release) => release()));
      const cutOff = await indexes();
      expect(cutOff.some((index) => isNew(index) && index.valid !== true)).toBe(true);
      expect(await search(angle(1_000))).toEqual(nearest);

      expect(await runMigrate(settings)).toEqual([`built the index of collection ${NAME} anew`]);
      const after = await indexes();
      expect(after.map(({ name }) => name)).toEqual(before.map(({ name }) => name));
      expect(after.every((index) => isNew(index) && index.valid === true)).toBe(true);
      await scansOf(isNew);
      expect(await search(angle(1_000))).toEqual(nearest);
      // Lengths that halfvec cannot hold as they are.
      for (const length of [1e-9, 1e9]) {
        const records = [{ namespace: "n", key: `length ${length}`, vector: toVector([-length, 0, 0]) }];
        await client.vector.upsert({ collection: NAME, records });
        expect((await search([-1, 0, 0]))[0]).toMatch(/^length/);
      }

      expect(await runMigrate(settings)).toEqual([]);
      expect((await indexes()).map(({ id }) => id)).toEqual(after.map(({ id }) => id));
    });
  });
}

/** A transaction with a snapshot; the function returned ends it. */
async function holdSnapshot(connectionString: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
  await client.query("SELECT 1");
  return () => client.end();
}
