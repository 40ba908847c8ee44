/**
 * Coordinators that are killed while an index is built: the next one goes on, and leaves nothing unfinished.
 */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OperationsFixture, startOperationsFixture } from "../support/operations-fixture.ts";
import { waitFor } from "../support/wait-for.ts";

let fixture: OperationsFixture;

beforeAll(async () => {
  fixture = await startOperationsFixture();
});
afterAll(() => fixture?.stop());

const done = { state: "OPERATION_STATE_DONE" };
const SEES_SHARDS = encodeURIComponent(
  "-c citus.override_table_visibility=off -c citus.enable_manual_changes_to_shards=on",
);

async function open(adminUrl: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: `${adminUrl}?options=${SEES_SHARDS}` });
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** Of the shards of the default collection on every worker. */
async function indexes(pattern: string) {
  const found = await Promise.all(
    fixture.cluster.workers.map(async ({ adminUrl }) => {
      const client = await open(adminUrl);
      const { rows } = await client.query(
        `SELECT i.relname AS name, x.indisvalid AS valid, coalesce(array_to_string(i.reloptions, ' '), '') AS options
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE i.relname ~ $1 ORDER BY 1`,
        [pattern],
      );
      await client.end();
      return rows as { readonly name: string; readonly valid: boolean; readonly options: string }[];
    }),
  );
  return found.flat();
}

/** Sessions on the workers that build something now. */
async function builds(): Promise<number> {
  const found = await Promise.all(
    fixture.cluster.workers.map(({ sql }) => sql("SELECT FROM pg_stat_progress_create_index")),
  );
  return found.flat().length;
}

describe("a coordinator that is killed while an index is built", () => {
  it("the index of a shard that is built anew is there once, valid and with what was asked for", async () => {
    const { shardId, name } = await fixture.placeOf("ns0");
    const node = fixture.cluster.nodes.find((one) => one.name === name);
    const client = await open(node?.server.adminUrl ?? "");
    // A build waits for transactions that have written to the table.
    await client.query("BEGIN");
    await client.query(`LOCK TABLE public.memory_entries_${shardId} IN ROW EXCLUSIVE MODE`);
    const started = await fixture.call((one) =>
      one.cluster.reindexShard({ shardId, requestId: "", m: 24, efConstruction: 100 }),
    );
    await waitFor(async () => (await builds()) > 0, { what: "the build to begin" });
    await fixture.crew.killLeader();
    await fixture.crew.leader();
    await client.query("ROLLBACK");
    await client.end();
    expect(await fixture.ended(started.id)).toMatchObject(done);
    const left = () => indexes(`_hnsw_${shardId}(_ccnew\\d*|_ccold\\d*)?$`);
    expect(await left()).toMatchObject([{ valid: true, options: "m=24 ef_construction=100" }]);
    await fixture.expectNothingLostOrLeft();
  });

  it("the indexes of a filter are on every shard, and valid", async () => {
    const sessions = await Promise.all(
      fixture.cluster.workers.map(async ({ adminUrl }) => {
        const client = await open(adminUrl);
        // Whoever builds an index concurrently waits for older snapshots.
        await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
        await client.query("SELECT 1");
        return client;
      }),
    );
    const started = await fixture.call((one) =>
      one.collection.updateCollection({
        name: "memory_entries",
        addFilterIndexes: [{ fields: [{ path: "year", type: "FIELD_TYPE_NUMBER" }] }],
      }),
    );
    await waitFor(async () => (await builds()) > 0, { what: "the build to begin" });
    await fixture.crew.killLeader();
    await fixture.crew.leader();
    await Promise.all(sessions.map((client) => client.end()));
    expect(await fixture.ended(started.id)).toMatchObject(done);
    const found = await indexes("^memory_entries_f_[0-9a-f]+_\\d+$");
    expect(found).toHaveLength(await fixture.shardCount());
    expect(found.filter(({ valid }) => !valid)).toEqual([]);
  });
});
