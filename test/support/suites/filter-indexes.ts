/**
 * The indexes of filters on real servers: each form of condition finds its records by the index meant for it.
 */
import pg from "pg";
import { beforeAll, describe, expect, it } from "vitest";
import { toFilterInit as toInit } from "../../../src/api/responses/filter.ts";
import type { FilterIndexInit } from "../../../src/proto/generated/orrery/v1/FilterIndex.ts";
import { indexedFilter } from "../../../src/query/plan/indexed-filter.ts";
import { Parameters } from "../../../src/shards/sql/branch.ts";
import { countStatement } from "../../../src/shards/sql/count.ts";
import { type Filter, filterCondition } from "../../../src/shards/sql/filter.ts";
import type { CollectionSettings } from "../../../src/topology/collection-settings.ts";
import type { TestCoordinator } from "../coordinator.ts";
import { finished } from "../finished.ts";
import type { PostgresServer } from "../postgres-server.ts";
import { seesShards } from "../sees-shards.ts";

export interface FilterIndexLane {
  readonly coordinator: TestCoordinator;
  readonly servers: readonly PostgresServer[];
  /** What writes name, for statements: the table of the one shard, or the distributed table. */
  writeRelation(shardTable: string): string;
}

const NAME = "docs";
const ROWS = 20_000;
const HOSTILE = `it's "a" \\ $1; --`;
const INDEXES: readonly FilterIndexInit[] = [
  { fields: [{ path: "year", type: "FIELD_TYPE_NUMBER" }] },
  { fields: [{ path: "author.name", type: "FIELD_TYPE_STRING" }] },
  { fields: [{ path: HOSTILE.replaceAll(/[.\\]/g, "\\$&"), type: "FIELD_TYPE_BOOL" }], name: "hostile" },
  {
    name: "composite",
    fields: [
      { path: "lang", type: "FIELD_TYPE_STRING" },
      { path: "at", type: "FIELD_TYPE_TIME" },
    ],
  },
  {
    name: "part",
    fields: [{ path: "score", type: "FIELD_TYPE_NUMBER" }],
    where: {
      compare: { path: "state", op: "COMPARE_OP_EQ", value: { stringValue: "published" } },
    },
  },
];
const SETTINGS: CollectionSettings = {
  recordIndexes: ["metadata", "tags", "created_at"],
  filterIndexes: [
    { name: "year", fields: [{ path: ["year"], type: "number" }] },
    { name: "author.name", fields: [{ path: ["author", "name"], type: "string" }] },
    { name: "hostile", fields: [{ path: [HOSTILE], type: "bool" }] },
    {
      name: "composite",
      fields: [
        { path: ["lang"], type: "string" },
        { path: ["at"], type: "time" },
      ],
    },
    {
      name: "part",
      fields: [{ path: ["score"], type: "number" }],
      where: { kind: "eq", path: ["state"], value: "published" },
    },
  ],
};

const METADATA = `jsonb_build_object('year', i % 1000, 'author', jsonb_build_object('name', 'author ' || i % 500),
  'lang', (ARRAY['en','de','fr','es'])[1 + i % 4], 'at', to_char(timestamptz '2026-01-01' + i * interval '1 minute', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
  'state', CASE i % 50 WHEN 0 THEN 'published' ELSE 'draft' END, 'score', i % 100, 'other', i % 777, 'list', jsonb_build_array(i % 400, 'x'),
  $$${HOSTILE}$$::text, i % 300 = 0)`;

const and = (...filters: readonly Filter[]): Filter => ({ kind: "and", filters });
/** Each with a part of the definition of the index that is to find its records. */
const FORMS: readonly (readonly [name: string, filter: Filter, index: string, scope?: "all" | undefined])[] =
  [
    ["a number that is equal", { kind: "eq", path: ["year"], value: 7 }, "'year'::text"],
    ["a number of a list", { kind: "in", path: ["year"], values: [7, 8] }, "'year'::text"],
    ["a number above", { kind: "gt", path: ["year"], value: 990 }, "'year'::text"],
    ["a number below", { kind: "lt", path: ["year"], value: 10 }, "'year'::text"],
    [
      "a text that is equal",
      { kind: "eq", path: ["author", "name"], value: "author 3" },
      "'author'::text, 'name'::text",
    ],
    [
      "a text above",
      { kind: "gte", path: ["author", "name"], value: "author 99" },
      "'author'::text, 'name'::text",
    ],
    [
      "a text with a beginning",
      { kind: "prefix", path: ["author", "name"], value: "author 49" },
      "'author'::text, 'name'::text",
    ],
    ["a field with a hostile name", { kind: "eq", path: [HOSTILE], value: true }, "$1; --"],
    [
      "two fields of an index",
      and(
        { kind: "eq", path: ["lang"], value: "en" },
        { kind: "lt", path: ["at"], value: "2026-01-01T02:00:00Z" },
      ),
      "'lang'::text",
    ],
    [
      "what a partial index is for",
      and({ kind: "eq", path: ["state"], value: "published" }, { kind: "gte", path: ["score"], value: 50 }),
      "'score'::text",
    ],
    ["any other metadata that is equal", { kind: "eq", path: ["other"], value: 5 }, "jsonb_path_ops"],
    ["metadata over all namespaces", { kind: "eq", path: ["year"], value: 7 }, "jsonb_path_ops", "all"],
    ["metadata of a list", { kind: "in", path: ["other"], values: [5, "6"] }, "jsonb_path_ops"],
    ["an item of a list", { kind: "contains", path: ["list"], value: 5 }, "jsonb_path_ops"],
    [
      "metadata in either way",
      {
        kind: "or",
        filters: [
          { kind: "eq", path: ["other"], value: 5 },
          { kind: "tags", match: "any", tags: ["t3"] },
        ],
      },
      "jsonb_path_ops",
      "all",
    ],
    ["tags", { kind: "tags", match: "all", tags: ["t5"] }, "gin (tags)"],
    ["any of some tags", { kind: "tags", match: "any", tags: ["t5", "t6"] }, "gin (tags)"],
    [
      "a time of creation",
      { kind: "time", field: "created_at", fromUs: 1_767_225_600_000_000n, untilUs: 1_767_229_200_000_000n },
      "(shard_key, created_at)",
    ],
    ["a key", { kind: "keyPrefix", prefix: "k199" }, "(shard_key, key)"],
  ];

export function testFilterIndexes(lane: () => FilterIndexLane): void {
  describe("indexes of filters", () => {
    let client: pg.Client;
    let shardTable: string;
    let relation: string;
    /** By name. */
    let indexes: ReadonlyMap<string, string>;

    beforeAll(async () => {
      const { coordinator, servers } = lane();
      const collection = { name: NAME, dimension: 3, shardCount: 1, filterIndexes: [...INDEXES] };
      const made = await coordinator.client.collection.createCollection({ collection });
      expect(await finished(coordinator, made)).toMatchObject({ state: "OPERATION_STATE_DONE" });
      const map = await coordinator.client.cluster.getShardMap({});
      const { id } = map.shards.find((shard) => shard.collection === NAME) ?? {};
      for (const server of servers) {
        const found = await seesShards(server, async (sees) => {
          const { rows } = await sees.query(
            "SELECT c.oid::regclass::text AS name, relname FROM pg_class c WHERE relkind = 'r' AND relname ~ $1",
            [`^c_\\d+_${id}$`],
          );
          return rows[0];
        });
        if (found === undefined) continue;
        shardTable = String(found.relname);
        relation = String(found.name);
        client = new pg.Client({ connectionString: seesShards.url(server) });
        await client.connect();
        await server.sql(
          `INSERT INTO ${lane().writeRelation(shardTable)} (shard_key, namespace, key, metadata, tags, embedding, created_at, updated_at, version)
           SELECT 'n' || i / 7 % 2, 'n' || i / 7 % 2, 'k' || i, ${METADATA}, ARRAY['t' || i % 600], '[1,2,3]',
             timestamptz '2026-01-01' + i * interval '1 minute', now(), 1 FROM generate_series(1, ${ROWS}) i`,
        );
        await client.query(`ANALYZE ${relation}`);
        const { rows } = await client.query(
          "SELECT i.relname AS name, pg_get_indexdef(i.oid) AS definition FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE indrelid = $1::regclass",
          [relation],
        );
        indexes = new Map(rows.map(({ name, definition }) => [name, definition]));
      }
      return () => client?.end();
    });

    const statementOf = (filter: Filter, scope: "namespaces" | "all") => {
      const branch = { relation, shardId: 1, shardKeys: scope === "all" ? ("all" as const) : ["n1"] };
      const { text, values } = countStatement({
        branches: [branch],
        filter: indexedFilter(filter, { scope, collection: { settings: SETTINGS } }),
      });
      return { text, values: values as unknown[] };
    };

    it.each(FORMS.map(([name, filter, index, scope]) => ({ name, filter, index, scope })))(
      "$name is found by its index, and as it is found without",
      async ({ filter, index, scope }) => {
        const { text, values } = statementOf(filter, scope ?? "namespaces");
        const explained = await client.query({ text: `EXPLAIN (COSTS OFF) ${text}`, values });
        const plan = explained.rows.map((row) => row["QUERY PLAN"]).join("\n");
        const used = [...plan.matchAll(/Index(?: Only)? Scan (?:using|on) "?([a-z0-9_]+)"?/g)].map(
          ([, name]) => indexes.get(name ?? "") ?? "",
        );
        expect(
          used.some((definition) => definition.includes(index)),
          `${plan}\n${used.join("\n")}`,
        ).toBe(true);

        const counted = await lane().coordinator.client.vector.count({
          collection: NAME,
          ...(scope === "all" ? { allNamespaces: true } : { namespaces: ["n1"] }),
          filter: toInit(filter),
        });
        const parameters = new Parameters();
        const plain = filterCondition(filter, parameters);
        const { rows } = await client.query({
          text: `SELECT count(*)::int AS count FROM ${relation} WHERE ${scope === "all" ? "" : "shard_key = 'n1' AND "}${plain}`,
          values: parameters.values as unknown[],
        });
        expect(Number(counted.count)).toBe(rows[0].count);
        expect(rows[0].count).toBeGreaterThan(0);
      },
    );

    it("a metadata value of any size is written, whatever index its field has", async () => {
      const { vector } = lane().coordinator.client;
      const long = Array.from({ length: 20_000 }, (_, i) =>
        String.fromCodePoint(0x4e00 + ((i * 7919) % 20_000)),
      );
      const text = { stringValue: long.join("") };
      const fields = {
        year: text,
        author: { structValue: { fields: { name: text } } },
        lang: { listValue: { values: [text] } },
        [HOSTILE]: text,
      };
      // A key without the limit of other lanes; the text is within that of metadata.
      const record = {
        namespace: "large",
        key: "k",
        vector: { floats: { values: [1, 2, 3] } },
        metadata: { fields },
      };
      const short = { ...record, metadata: { fields: { year: text } } };
      const { results } = await vector.upsert({ collection: NAME, records: [short] });
      expect(results[0]?.status).toMatchObject({ code: 0 });
      const named = { ...record, metadata: { fields: { author: fields.author } } };
      const again = await vector.upsert({ collection: NAME, records: [named] });
      expect(again.results[0]?.status).toMatchObject({ code: 0 });
      const filter = toInit({ kind: "prefix", path: ["author", "name"], value: long.slice(0, 100).join("") });
      expect(await vector.count({ collection: NAME, namespaces: ["large"], filter })).toMatchObject({
        count: "1",
      });
    });

    it("the profile of a search says whether its filter is served by an index", async () => {
      const indexed = async (filter: Filter | undefined, includeProfile = true) => {
        const { profile } = await lane().coordinator.client.vector.search({
          collection: NAME,
          namespaces: ["n1"],
          vector: { floats: { values: [1, 2, 3] } },
          topK: 1,
          includeProfile,
          ...(filter && { filter: toInit(filter) }),
        });
        return profile?.filterIndexed;
      };
      expect(await indexed({ kind: "gt", path: ["year"], value: 990 })).toBe(true);
      expect(await indexed({ kind: "gt", path: ["other"], value: 990 })).toBe(false);
      expect(await indexed(undefined)).toBeUndefined();
    });

    it("getCollection says its filter indexes as they were given", async () => {
      const shown = await lane().coordinator.client.collection.getCollection({ name: NAME });
      expect(shown.filterIndexes).toMatchObject(
        INDEXES.map(({ fields, where }) => ({ fields, ...(where && { where }) })),
      );
      expect(shown).toMatchObject({ inlineVectors: true, lacks: [] });
    });
  });
}
