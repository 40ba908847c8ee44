import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEFAULT_HNSW } from "../../src/engines/collection-ddl.ts";
import type { CollectionSpec, Engine } from "../../src/engines/engine.ts";
import { createFixedEngine } from "../../src/engines/fixed/fixed-engine.ts";
import { type FixedNode, FixedNodes } from "../../src/engines/fixed/nodes.ts";
import { startUpkeep } from "../../src/engines/fixed/upkeep.ts";
import { knownSchema } from "../../src/engines/read-migrations.ts";
import { type NodeDriver, rowsOrThrow } from "../../src/shards/node-driver.ts";
import { type PgliteNode, startPgliteNodes } from "../../src/shards/pglite/pglite-nodes.ts";
import type { StatementValue } from "../../src/shards/statement.ts";
import { type Collection, findCollection } from "../../src/topology/shard-map.ts";
import { silentLogger } from "../support/silent-logger.ts";
import { unshared } from "../support/unshared.ts";
import { waitFor } from "../support/wait-for.ts";

const signal = AbortSignal.timeout(600_000);
const DEFAULT: CollectionSpec = {
  name: "memory_entries",
  dimension: 4,
  metric: "cosine",
  quantization: "none",
  hnsw: DEFAULT_HNSW,
  shardCount: 4,
};
const WORDS: CollectionSpec = { ...DEFAULT, name: "words", dimension: 3, shardCount: 5 };

function engineOf(nodes: readonly FixedNode[]): Engine {
  return createFixedEngine({ kind: "embedded", nodes: new FixedNodes(nodes), defaultCollection: DEFAULT });
}

async function run(driver: NodeDriver, text: string, values: readonly StatementValue[] = []) {
  return rowsOrThrow(await driver.run({ text, values, prepare: false }, { signal }));
}

/** The node, but its first `times` matching statements fail as if it had gone away. */
function failing(node: FixedNode, pattern: RegExp, times = 1): FixedNode {
  let left = times;
  return {
    name: node.name,
    driver: {
      run(statement, options) {
        if (left > 0 && pattern.test(statement.text)) {
          left -= 1;
          return Promise.reject(new Error("cut off"));
        }
        return node.driver.run(statement, options);
      },
      close: () => node.driver.close(),
    },
  };
}

async function collection(engine: Engine, name: string): Promise<Collection> {
  const found = findCollection(await engine.readMap({ signal }), name);
  if (found === undefined) throw new Error(`no collection ${name}`);
  return found;
}

/** The shard tables of all nodes. */
async function tables(nodes: readonly FixedNode[]): Promise<readonly unknown[]> {
  const text =
    "SELECT relname FROM pg_class WHERE relnamespace = 'orrery_data'::regnamespace AND relkind = 'r'";
  const rows = await Promise.all(nodes.map(({ driver }) => run(driver, text)));
  return rows.flat().map(([name]) => name);
}

let all: readonly PgliteNode[];
let nodes: readonly PgliteNode[];
let spare: PgliteNode;
let engine: Engine;

beforeAll(async () => {
  all = await startPgliteNodes({ count: 3, dataFolder: undefined, settings: {}, limits: unshared(1) });
  nodes = all.slice(0, 2);
  spare = all[2] as PgliteNode;
  engine = engineOf(nodes);
});

afterAll(async () => {
  await Promise.all(all.map(({ driver }) => driver.close()));
});

describe("migrate", () => {
  it("an engine whose nodes are not migrated says so", async () => {
    await expect(engine.readMap({ signal })).rejects.toMatchObject({
      code: "MAP_UNAVAILABLE",
      message: expect.stringContaining("orrery migrate"),
    });
  });

  it("a migration that was interrupted is finished by running it again", async () => {
    const [first, second] = nodes as [PgliteNode, PgliteNode];
    await expect(
      engineOf([first, failing(second, /UPDATE orrery.node SET/)]).migrate(signal),
    ).rejects.toThrow();
    const half = engineOf([failing(first, /CREATE INDEX/), failing(second, /CREATE INDEX/)]);
    await expect(half.migrate(signal)).rejects.toThrow("cut off");
    expect(findCollection(await engine.readMap({ signal }), "memory_entries")).toBeUndefined();
    await engine.migrate(signal);
    expect(await tables(nodes)).toHaveLength(DEFAULT.shardCount);
  });

  it("a migration makes the nodes one cluster with the default collection, and changes nothing the second time", async () => {
    const map = await engine.readMap({ signal });
    expect(map.nodes.map(({ group, name, role }) => ({ group, name, role }))).toEqual([
      { group: 1, name: "node-1", role: "primary" },
      { group: 2, name: "node-2", role: "primary" },
    ]);
    const { shards, ...settings } = await collection(engine, "memory_entries");
    expect(settings).toMatchObject({
      table: "memory_entries",
      dimension: 4,
      metric: "cosine",
      quantization: "none",
    });
    expect(new Set(shards.map(({ group }) => group))).toEqual(new Set([1, 2]));
    expect(await engine.migrate(signal)).toEqual([]);
    expect(await engine.readMap({ signal })).toEqual(map);
    for (const [index, { driver }] of nodes.entries()) {
      expect(await run(driver, "SELECT * FROM orrery.hello()")).toEqual([
        [map.clusterId, index + 1, false, knownSchema("postgres")],
      ]);
    }
  });

  it("a migration recognises nodes by their stored identity, in whatever order they are named", async () => {
    const before = await engine.readMap({ signal });
    const [first, second] = nodes as [PgliteNode, PgliteNode];
    const reordered = engineOf([second, { ...first, name: "moved" }]);
    expect((await reordered.readMap({ signal })).collections).toEqual(before.collections);
    await reordered.migrate(signal);
    const after = await reordered.readMap({ signal });
    expect(after.collections).toEqual(before.collections);
    expect(after.nodes.map(({ name }) => name)).toEqual(["moved", "node-2"]);
    await engine.migrate(signal);
  });

  it("a migration refuses missing, duplicate and newer nodes and those of another cluster, and names them", async () => {
    const [first, second] = nodes as [PgliteNode, PgliteNode];
    const refused = (configured: readonly FixedNode[], message: string) =>
      expect(engineOf(configured).migrate(signal)).rejects.toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringContaining(message),
      });
    await refused([first], "not configured: node-2");
    await refused([second], "node-2 belongs to cluster");
    await refused([first, second, { ...first, name: "again" }], "the same database");
    await engineOf([{ ...spare, name: "other" }]).migrate(signal);
    await refused([first, second, { ...spare, name: "other" }], "node other belongs to cluster");
    await run(spare.driver, "INSERT INTO orrery.schema_versions (version) VALUES (999)");
    await refused([{ ...spare, name: "newer" }], "node newer has schema version 999");
    await run(spare.driver, "DROP TABLE orrery.schema_versions");
    await refused([{ ...spare, name: "strange" }], "node strange has a schema orrery");
  });
});

describe("collections", () => {
  it("a collection is created with its tables and indexes on all nodes, and creating it again is a no-op", async () => {
    await engine.createCollection(WORDS, signal);
    const { id, shards } = await collection(engine, "words");
    expect(shards).toHaveLength(WORDS.shardCount);
    for (const { id: shard, group } of shards) {
      const driver = (nodes[group - 1] as PgliteNode).driver;
      const relation = engine.readRelation(await collection(engine, "words"), shard);
      expect(
        await run(driver, `SELECT count(*) FROM ${relation} WHERE (SELECT orrery.shard_read(${shard}, 0))`),
      ).toEqual([[0n]]);
      expect(
        await run(driver, "SELECT to_regclass($1) IS NOT NULL", [`orrery_data.c_${id}_${shard}_hnsw`]),
      ).toEqual([[true]]);
    }
    await engine.createCollection(WORDS, signal);
    expect(await collection(engine, "words")).toMatchObject({ id });
    for (const other of [
      { dimension: 9 },
      { shardCount: 4 },
      { quantization: "half" },
      { hnsw: { m: 8, efConstruction: 64 } },
    ] as const) {
      await expect(engine.createCollection({ ...WORDS, ...other }, signal)).rejects.toMatchObject({
        code: "COLLECTION_EXISTS",
      });
    }
  });

  it("a read sets the index scan settings it asks for, and only for its own statement", async () => {
    const [shard] = (await collection(engine, "words")).shards;
    const { driver } = nodes[(shard?.group ?? 0) - 1] as PgliteNode;
    const settings = "current_setting('hnsw.ef_search'), current_setting('hnsw.iterative_scan')";
    const text = `SELECT orrery.shard_read($1, $2), ${settings}`;
    expect(await run(driver, text, [shard?.id ?? 0, 77])).toEqual([[true, "77", "relaxed_order"]]);
    expect(await run(driver, text, [shard?.id ?? 0, 0])).toEqual([[true, "40", "off"]]);
  });

  it("reads of a dropped collection are refused with OR001, and its table names are never used again", async () => {
    const before = await collection(engine, "words");
    await engine.dropCollection("words", signal);
    await engine.dropCollection("words", signal);
    expect(findCollection(await engine.readMap({ signal }), "words")).toBeUndefined();
    expect(await tables(nodes)).toHaveLength(DEFAULT.shardCount);
    for (const { id, group } of before.shards) {
      const driver = (nodes[group - 1] as PgliteNode).driver;
      await expect(run(driver, `SELECT orrery.shard_read(${id}, 10)`)).rejects.toMatchObject({
        code: "SHARD_MOVING",
        details: { metadata: { sqlstate: "OR001", shard: String(id) } },
      });
    }
    await engine.createCollection({ ...WORDS, dimension: 7 }, signal);
    const after = await collection(engine, "words");
    expect(after).toMatchObject({ dimension: 7 });
    expect(after.id).toBeGreaterThan(before.id);
    const names = ({ table, shards }: Collection) => shards.map(({ id }) => `${table}_${id}`);
    expect(names(after).filter((name) => names(before).includes(name))).toEqual([]);
  });

  it.each([
    ["before the tables", /CREATE TABLE/],
    ["between table and index", /CREATE INDEX/],
    ["before a node learned its shards", /INSERT INTO orrery.shards .*\nSELECT id/],
    ["before it went live", /SET state/],
  ])(
    "a collection whose creation was interrupted %s is invisible, and is completed by the next call",
    async (_, pattern) => {
      const halves = nodes.map((node) => failing(node, pattern));
      const spec = { ...WORDS, name: "half-made", shardCount: 6 };
      await expect(engineOf(halves).createCollection(spec, signal)).rejects.toThrow("cut off");
      expect(findCollection(await engine.readMap({ signal }), spec.name)).toBeUndefined();
      await engine.createCollection({ ...spec, dimension: 5 }, signal);
      expect(await collection(engine, spec.name)).toMatchObject({ dimension: 5 });
      await engine.dropCollection(spec.name, signal);
      expect(await tables(nodes)).toHaveLength(DEFAULT.shardCount + WORDS.shardCount);
    },
  );

  it("a collection whose deletion was interrupted is gone at once, and its tables with the next call", async () => {
    const halves = nodes.map((node) => failing(node, /DROP TABLE/));
    await engine.createCollection({ ...WORDS, name: "half-dropped" }, signal);
    await expect(engineOf(halves).dropCollection("half-dropped", signal)).rejects.toThrow("cut off");
    expect(findCollection(await engine.readMap({ signal }), "half-dropped")).toBeUndefined();
    await engine.dropCollection("half-dropped", signal);
    expect(await tables(nodes)).toHaveLength(DEFAULT.shardCount + WORDS.shardCount);
  });

  it("a coordinator that was replaced as leader creates and drops collections as before", async () => {
    const replaced = engineOf(nodes);
    expect(await replaced.raiseTerm("a", signal)).toBeLessThan(await engine.raiseTerm("b", signal));
    await replaced.createCollection({ ...WORDS, name: "late" }, signal);
    expect(await tables(nodes)).toHaveLength(DEFAULT.shardCount + 2 * WORDS.shardCount);
    await replaced.dropCollection("late", signal);
    expect(await tables(nodes)).toHaveLength(DEFAULT.shardCount + WORDS.shardCount);
  });

  it("creations of one name at the same time make one collection, and refuse other settings by name", async () => {
    const spec = { ...WORDS, name: "at-once" };
    const ends = await Promise.allSettled([
      engine.createCollection(spec, signal),
      engine.createCollection(spec, signal),
      engine.createCollection({ ...spec, dimension: 9 }, signal),
    ]);
    expect(ends).toMatchObject([
      { status: "fulfilled" },
      { status: "fulfilled" },
      { status: "rejected", reason: { code: "COLLECTION_EXISTS" } },
    ]);
    await engine.dropCollection(spec.name, signal);
    expect(await tables(nodes)).toHaveLength(DEFAULT.shardCount + WORDS.shardCount);
  });

  it("a creation that is not confirmed creates nothing and lets the next one begin", async () => {
    const refuse = () => Promise.reject(new Error("not yours any more"));
    const spec = { ...WORDS, name: "unconfirmed" };
    await expect(engine.createCollection(spec, signal, refuse)).rejects.toThrow("not yours any more");
    expect(await tables(nodes)).toHaveLength(DEFAULT.shardCount + WORDS.shardCount);
    await engine.createCollection(spec, signal);
    await engine.dropCollection(spec.name, signal);
  });
});

describe("views and indexes of early versions", () => {
  const views = (node: FixedNode) =>
    run(node.driver, "SELECT viewname FROM pg_views WHERE schemaname = 'orrery_sql' ORDER BY 1");

  it("each node has a view of its part of a collection, made and dropped with it, and by a migration where it lacks", async () => {
    await engine.createCollection({ ...WORDS, name: "viewed" }, signal);
    const { table, shards } = await collection(engine, "viewed");
    for (const { id } of shards) {
      const { driver } = nodes[(shards.find((shard) => shard.id === id)?.group ?? 0) - 1] as PgliteNode;
      await run(
        driver,
        `INSERT INTO orrery_data.${table}_${id} VALUES ('n', 'n', $1, NULL, NULL, '{}', '[1,2,3]', now(), now(), 1)`,
        [`k${id}`],
      );
    }
    const read = async () =>
      (await Promise.all(nodes.map(({ driver }) => run(driver, "SELECT key FROM orrery_sql.viewed"))))
        .flat(2)
        .sort();
    const keys = shards.map(({ id }) => `k${id}`).sort();
    expect(await read()).toEqual(keys);
    for (const { driver } of nodes) await run(driver, "DROP VIEW orrery_sql.viewed");
    await engine.migrate(signal);
    expect(await read()).toEqual(keys);
    await engine.dropCollection("viewed", signal);
    for (const node of nodes) expect(await views(node)).toEqual([["memory_entries"], ["words"]]);
  });

  it("a migration finds the indexes of early half collections, and they are built anew shard by shard", async () => {
    await engine.createCollection({ ...WORDS, name: "early", quantization: "half" }, signal);
    const { table, shards } = await collection(engine, "early");
    const definitions = async () =>
      (
        await Promise.all(
          nodes.map(({ driver }) =>
            run(
              driver,
              "SELECT c.relname::text, pg_get_indexdef(c.oid) FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid WHERE c.relname LIKE $1",
              [`${table}\\_%hnsw%`],
            ),
          ),
        )
      ).flat();
    const names = (await definitions()).map(([name]) => name);
    for (const { id, group } of shards) {
      const { driver } = nodes[group - 1] as PgliteNode;
      const index = `${table}_${id}_hnsw`;
      await run(driver, `DROP INDEX orrery_data.${index}`);
      await run(
        driver,
        `CREATE INDEX ${index} ON orrery_data.${table}_${id} USING hnsw ((embedding::halfvec(3)) halfvec_cosine_ops)`,
      );
    }
    await engine.migrate(signal);
    expect((await collection(engine, "early")).unnormalized).toBe(true);
    const said: string[] = [];
    const report = (sentence: string) => said.push(sentence);
    const cutOff = engineOf(nodes.map((node) => failing(node, /DROP INDEX .*_hnsw"$/)));
    await expect(cutOff.renewIndexes(report, signal)).rejects.toThrow("cut off");
    expect(await engine.renewIndexes(report, signal)).toEqual(["early"]);
    expect(said[0]).toMatch(/builds 5 indexes of collection early/);
    const after = await definitions();
    expect(after.map(([name]) => name).sort()).toEqual(names.sort());
    for (const [, definition] of after) expect(definition).toContain("l2_normalize");
    expect((await collection(engine, "early")).unnormalized).toBeUndefined();
    expect(await engine.renewIndexes(report, signal)).toEqual([]);
    await engine.dropCollection("early", signal);
  });
});

describe("index baselines", () => {
  const baseline = (shard: number, bytesPerRow: number) => ({ shard, build: "1:f1", bytesPerRow });

  it("index baselines are kept for the next leader, replaced, and dropped with their shard", async () => {
    const { indexBaselines } = engine;
    const put = (baselines: Parameters<typeof indexBaselines.put>[0], term: number, shards: number[]) =>
      indexBaselines.put(baselines, { term, shards }, signal);
    const term = await engine.raiseTerm("a", signal);
    await put([baseline(1, 400), baseline(2, 400.5)], term, [1, 2]);
    expect(await engineOf(nodes).indexBaselines.read(signal)).toEqual([baseline(1, 400), baseline(2, 400.5)]);
    const next = await engine.raiseTerm("b", signal);
    await put([baseline(2, 300)], next, [2, 3]);
    await expect(put([baseline(2, 1)], term, [])).rejects.toMatchObject({ code: "NOT_LEADER" });
    expect(await indexBaselines.read(signal)).toEqual([baseline(2, 300)]);
  });
});

describe("finished operations", () => {
  it("are kept, replaced only by a leader in its term, counted and dropped", async () => {
    const { finished } = engine;
    const record = (state: string) => JSON.stringify({ kind: "delete_namespace", state });
    const term = await engine.raiseTerm("a", signal);
    await finished.add({ id: "op", finishedAtMs: 1_000, json: record("done") }, undefined, signal);
    await finished.add({ id: "op", finishedAtMs: 2_000, json: record("failed") }, undefined, signal);
    expect(await engineOf(nodes).finished.get("op", signal)).toBe(record("done"));
    await finished.add({ id: "op", finishedAtMs: 3_000, json: record("cancelled") }, term, signal);
    expect(await finished.list(signal)).toEqual([{ id: "op", json: record("cancelled") }]);
    expect(await finished.count(signal)).toEqual([
      { kind: "delete_namespace", state: "cancelled", count: 1 },
    ]);
    await engine.raiseTerm("b", signal);
    const late = { id: "op", finishedAtMs: 4_000, json: record("done") };
    await expect(finished.add(late, term, signal)).rejects.toMatchObject({ code: "NOT_LEADER" });
    await expect(finished.deleteBefore(9_000, term, signal)).rejects.toMatchObject({ code: "NOT_LEADER" });
    await finished.deleteBefore(3_000, term + 1, signal);
    expect(await finished.get("op", signal)).toBe(record("cancelled"));
    await finished.deleteBefore(3_001, term + 1, signal);
    expect(await finished.get("op", signal)).toBeUndefined();
  });
});

describe("check", () => {
  it("a check of complete nodes finds nothing, and one of a node that lacks a shard names it", async () => {
    expect(await engine.check(signal)).toEqual([]);
    const lost = (await collection(engine, "words")).shards.find(({ group }) => group === 2);
    await run((nodes[1] as PgliteNode).driver, "UPDATE orrery.shards SET group_id = 9 WHERE shard_id = $1", [
      lost?.id ?? 0,
    ]);
    expect(await engine.check(signal)).toEqual([{ node: "node-2", problem: `lacks shards ${lost?.id}` }]);
  });
});

describe("upkeep", () => {
  it("upkeep runs ANALYZE after enough writes and frees the space of deleted rows", async () => {
    const upkeep = startUpkeep({ nodes, intervalMs: 100, logger: silentLogger });
    const found = await collection(engine, "memory_entries");
    const shard = found.shards.find(({ group }) => group === 2);
    const relation = engine.writeRelation(found, shard?.id ?? 0);
    const { driver } = nodes[1] as PgliteNode;
    await run(
      driver,
      `INSERT INTO ${relation} SELECT 'a', 'a', i::text, '', '{}', '{}', '[1,2,3,4]', now(), now(), 1 FROM generate_series(1, 500) i`,
    );
    const stats = (text: string) => run(driver, text, [relation]);
    await waitFor(
      async () =>
        (await stats("SELECT reltuples::int8 FROM pg_class WHERE oid = to_regclass($1)"))[0]?.[0] === 500n,
      {
        what: "statistics",
      },
    );
    await run(driver, `DELETE FROM ${relation} WHERE key::int > 100`);
    await waitFor(
      async () =>
        (
          await stats("SELECT vacuum_count > 0 FROM pg_stat_user_tables WHERE relid = to_regclass($1)")
        )[0]?.[0] === true,
      { what: "vacuum" },
    );
    await upkeep.close();
  });
});
