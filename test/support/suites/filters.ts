/** Filters of reads, through gRPC, on any engine: random ones against an oracle, and what they may not do. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { fromTimestamp, toStruct, toTimestamp, toValue, toVector } from "../../../src/cli/values.ts";
import { pages } from "../../../src/client/pages.ts";
import type { JsonObject, JsonValue } from "../../../src/lib/json.ts";
import type { FilterInit } from "../../../src/proto/generated/orrery/v1/Filter.ts";
import type { FilterIndexInit } from "../../../src/proto/generated/orrery/v1/FilterIndex.ts";
import { holds, type OracleRecord } from "../filter-oracle.ts";
import { waitFor } from "../wait-for.ts";
import type { Lane } from "./lanes.ts";
import { recordCalls } from "./record-calls.ts";

/** Names that SQL, JSON paths and this filter's own might take for something else. */
const NAMES = ["a", "b", "a.b", "0", "x'y", 'q"r', "back\\slash", "$1", "Ünï", "@@", "); DROP TABLE t; --"];
const LONG = "ü🙂".repeat(32);
const TEXTS = [
  "",
  "a",
  "A",
  "abc",
  "ab",
  "%",
  "_",
  "1",
  "true",
  "ü",
  "🙂",
  "\u{1f600}b",
  "'; --",
  "\\",
  '"',
  "null",
  // An index of a field has their first 64 characters.
  LONG,
  `${LONG}a`,
  `${LONG}b`,
  LONG.slice(1),
];
const NUMBERS = [0, -0, 1, 1.5, -3, 1e21, 1e-7, 2 ** 53, Number.MIN_VALUE, 100];
const TAGS = ["t", "u", "T", "'", "a,b", "{}", "\\"];
const CREATED = ["2024-02-29T23:59:59.999999Z", "2026-01-01T00:00:00Z", "1969-12-31T23:59:59.5Z"];

const scalar = fc.oneof(
  fc.constantFrom<JsonValue>(...TEXTS),
  fc.constantFrom<JsonValue>(...NUMBERS),
  fc.boolean() as fc.Arbitrary<JsonValue>,
);
const metadataArb = fc.dictionary(
  fc.constantFrom(...NAMES),
  fc.oneof(
    scalar,
    fc.constant<JsonValue>(null),
    fc.array(fc.oneof(scalar, fc.constant(null)), { maxLength: 3 }) as fc.Arbitrary<JsonValue>,
    fc.dictionary(fc.constantFrom(...NAMES), scalar, { maxKeys: 3 }) as fc.Arbitrary<JsonValue>,
  ),
  { maxKeys: 5 },
) as fc.Arbitrary<JsonObject>;

const pathArb = fc
  .array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 2 })
  .map((names) => names.map((name) => name.replaceAll(/[.\\]/g, "\\$&")).join("."));
const compareArb: fc.Arbitrary<FilterInit> = fc
  .oneof(
    fc.record({
      path: pathArb,
      op: fc.constantFrom("COMPARE_OP_EQ", "COMPARE_OP_NE", "COMPARE_OP_CONTAINS"),
      value: scalar.map(toValue),
    }),
    fc.record({
      path: pathArb,
      op: fc.constantFrom("COMPARE_OP_GT", "COMPARE_OP_GTE", "COMPARE_OP_LT", "COMPARE_OP_LTE"),
      value: scalar.filter((value) => typeof value !== "boolean").map(toValue),
    }),
    fc.record({
      path: pathArb,
      op: fc.constant("COMPARE_OP_IN"),
      value: fc.array(scalar, { minLength: 1, maxLength: 4 }).map((values) => toValue(values)),
    }),
    fc.record({ path: pathArb, op: fc.constant("COMPARE_OP_EXISTS") }),
    fc.record({
      path: pathArb,
      op: fc.constant("COMPARE_OP_PREFIX"),
      value: fc.constantFrom(...TEXTS).map(toValue),
    }),
  )
  .map((compare) => ({ compare }) as FilterInit);
const tagsArb = fc
  .tuple(
    fc.constantFrom("any", "all"),
    fc.uniqueArray(fc.constantFrom(...TAGS), { minLength: 1, maxLength: 3 }),
  )
  .map(([match, tags]): FilterInit => ({ tags: { [match]: tags } }));
const timeArb = fc.tuple(fc.constantFrom("from", "until"), fc.constantFrom(...CREATED)).map(
  ([end, time]): FilterInit => ({
    time: { field: "TIME_FIELD_CREATED_AT", [end]: toTimestamp(time) ?? null },
  }),
);
const keyArb = fc.constantFrom("k", "k1", "K", "", "%").map((keyPrefix): FilterInit => ({ keyPrefix }));
const { filter: filterArb } = fc.letrec<{ filter: FilterInit }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { weight: 5, arbitrary: compareArb },
    tagsArb,
    timeArb,
    keyArb,
    tie("filter").map((not): FilterInit => ({ not })),
    fc
      .tuple(fc.constantFrom("and", "or"), fc.array(tie("filter"), { minLength: 1, maxLength: 3 }))
      .map(([kind, filters]): FilterInit => ({ [kind]: { filters } })),
  ),
}));

/** On some of the names, so that others are without. */
const INDEXES: readonly FilterIndexInit[] = [
  { fields: [{ path: "a", type: "FIELD_TYPE_STRING" }] },
  { fields: [{ path: "b", type: "FIELD_TYPE_NUMBER" }] },
  {
    name: "both",
    fields: [
      { path: "a", type: "FIELD_TYPE_NUMBER" },
      { path: "b", type: "FIELD_TYPE_TIME" },
    ],
  },
  { name: "list", fields: [{ path: "a.0", type: "FIELD_TYPE_STRING" }] },
  {
    name: "hostile",
    fields: [
      { path: "); DROP TABLE t; --", type: "FIELD_TYPE_BOOL" },
      { path: "x'y", type: "FIELD_TYPE_STRING" },
    ],
  },
  { name: "odd", fields: [{ path: 'back\\\\slash.q"r', type: "FIELD_TYPE_NUMBER" }] },
  { name: "part", fields: [{ path: "b", type: "FIELD_TYPE_STRING" }], where: { tags: { any: ["t", "'"] } } },
];
const INDEXED = "indexed";

export function testFilters(lane: () => Lane): void {
  const { unused, write } = recordCalls(lane);
  const [namespace, other] = [unused(), unused()];
  const records: readonly OracleRecord[] = fc
    .sample(fc.tuple(metadataArb, fc.uniqueArray(fc.constantFrom(...TAGS), { maxLength: 3 })), {
      numRuns: 80,
      seed: 20_261_130,
    })
    .map(([metadata, tags], index) => {
      const created = toTimestamp(CREATED[index % CREATED.length] as string);
      return {
        key: `k${index}`,
        metadata,
        tags,
        createdAtUs: BigInt(created?.seconds ?? 0) * 1_000_000n + BigInt((created?.nanos ?? 0) / 1000),
      };
    });
  const vectorOf = (index: number) => toVector([1, Math.sin(index), Math.cos(index)]);

  beforeAll(async () => {
    const written = (name: string) =>
      records.map(({ key, metadata, tags }, index) => ({
        namespace: name,
        key,
        metadata: toStruct(metadata as JsonObject),
        tags,
        vector: vectorOf(index),
        createdAt: toTimestamp(CREATED[index % CREATED.length] as string),
      }));
    await write([namespace, other].flatMap(written));
    const { collection, operation, vector } = lane().client;
    const { id } = await collection.createCollection({
      collection: {
        name: INDEXED,
        dimension: 3,
        shardCount: 2,
        filterIndexes: INDEXES.map((index) => ({ ...index })),
      },
    });
    await waitFor(async () => (await operation.getOperation({ id })).state === "OPERATION_STATE_DONE", {
      what: "the indexed collection",
      timeoutMs: 30_000,
    });
    await vector.upsert({ collection: INDEXED, records: written(namespace) });
  });

  const keysOf = (filter: FilterInit) =>
    records.filter((record) => holds(filter, record)).map(({ key }) => key);
  const listed = async (filter: FilterInit) => {
    const keys: string[] = [];
    const all = pages(({ pageToken }) =>
      lane().client.vector.list({ namespace, filter, pageToken, pageSize: 7, includeValue: false }),
    );
    for await (const page of all) keys.push(...page.records.map(({ key }) => key));
    return keys;
  };

  describe("filters", () => {
    it("count, list and search find what the words of the API say, for any filter", async () => {
      await fc.assert(
        fc.asyncProperty(filterArb, async (filter) => {
          const expected = keysOf(filter);
          const { vector } = lane().client;
          const indexed = await vector.count({ collection: INDEXED, namespaces: [namespace], filter });
          expect(Number(indexed.count)).toBe(expected.length);
          const { hits, completeness } = await vector.search({
            namespaces: [namespace],
            vector: vectorOf(1),
            topK: 1_000,
            filter,
          });
          expect(hits.map(({ key }) => key).toSorted()).toEqual(expected.toSorted());
          expect(completeness?.complete).toBe(true);
          expect(hits.map(({ similarity }) => similarity)).toEqual(
            hits.map(({ similarity }) => similarity).toSorted((a, b) => b - a),
          );
          const { count, exact } = await vector.count({ namespaces: [namespace], filter });
          expect([Number(count), exact]).toEqual([expected.length, true]);
          expect(await listed(filter)).toEqual(
            expected.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
          );
        }),
        { numRuns: 100 },
      );
    });

    it("an index that has only the beginnings of texts finds what the whole texts say", async () => {
      const texts = [LONG, `${LONG}a`, `${LONG}b`, LONG.slice(0, -2), `${LONG.slice(0, -2)}a`, "short"];
      const long = texts.map((text, index) => ({
        key: `long${index}`,
        metadata: { a: text },
        tags: [],
        createdAtUs: 0n,
      }));
      const { vector } = lane().client;
      await vector.upsert({
        collection: INDEXED,
        records: long.map(({ key, metadata }, index) => ({
          namespace: "long",
          key,
          metadata: toStruct(metadata),
          vector: vectorOf(index),
        })),
      });
      const ops = ["EQ", "NE", "GT", "GTE", "LT", "LTE", "PREFIX"].map((op) => `COMPARE_OP_${op}` as const);
      const filters = texts.flatMap((text) => [
        ...ops.map((op) => ({ compare: { path: "a", op, value: toValue(text) } }) as FilterInit),
        { compare: { path: "a", op: "COMPARE_OP_IN", value: toValue([text, "other"]) } } as FilterInit,
      ]);
      for (const filter of filters) {
        const { count } = await vector.count({ collection: INDEXED, namespaces: ["long"], filter });
        expect([JSON.stringify(filter), Number(count)]).toEqual([
          JSON.stringify(filter),
          long.filter((record) => holds(filter, record)).length,
        ]);
      }
    });

    it("a filtered search finds the nearest of those that match, through the index or comparing all", async () => {
      const filter: FilterInit = { tags: { any: ["t"] } };
      const matching = keysOf(filter);
      const search = (topK: number, more = {}) =>
        lane().client.vector.search({
          allNamespaces: true,
          vector: vectorOf(3),
          topK,
          filter,
          includeProfile: true,
          ...more,
        });
      const { hits: all } = await search(1_000);
      const { hits, profile } = await search(5);
      expect(hits).toEqual(all.slice(0, 5));
      expect(new Set(all.map(({ key }) => key))).toEqual(new Set(matching));
      for (const { strategy, reason, rowsScanned } of profile?.targets ?? []) {
        if (strategy === "exact") expect(["few_rows", "short", "far"]).toContain(reason);
        else expect(rowsScanned).toBeGreaterThan(0);
      }
      const { profile: compared, ...exact } = await search(5, { params: { exact: true } });
      expect(exact.hits).toEqual(hits);
      for (const target of compared?.targets ?? [])
        expect(target).toMatchObject({ strategy: "exact", reason: "asked", rounds: 1, rowsScanned: 0 });
      const like = { vector: undefined, record: { namespace, key: "k0" } };
      const { hits: likeIt } = await search(3, like);
      for (const { key } of likeIt) expect(matching).toContain(key);
    });

    it("counts all namespaces with a filter, and a page token goes on with the same filter only", async () => {
      const { vector } = lane().client;
      const filter: FilterInit = { tags: { all: ["t"] } };
      const { count } = await vector.count({ allNamespaces: true, filter });
      expect(Number(count)).toBe(2 * keysOf(filter).length);
      const { nextPageToken } = await vector.list({ namespace, filter, pageSize: 1 });
      const { records: next } = await vector.list({
        namespace,
        filter,
        pageSize: 1,
        pageToken: nextPageToken,
      });
      expect(next.map(({ key }) => key)).toEqual([(await listed(filter))[1]]);
      for (const different of [{ tags: { all: ["u"] } }, undefined]) {
        await expect(
          vector.list({ namespace, filter: different, pageSize: 1, pageToken: nextPageToken }),
        ).rejects.toMatchObject({ failure: { fields: [{ field: "page_token" }] } });
      }
    });

    it("compares times to the microsecond, the end not included", async () => {
      const [first] = CREATED as [string];
      const time = toTimestamp(first);
      if (time === undefined) throw new Error("no time");
      const next = { ...time, nanos: time.nanos + 1000 - 1000 };
      const later = toTimestamp("2024-03-01T00:00:00Z") ?? null;
      const found = async (from: typeof next | null, until: typeof next | null) =>
        (await listed({ time: { field: "TIME_FIELD_CREATED_AT", from, until } })).length;
      const those = records.filter((_, index) => index % CREATED.length === 0).length;
      expect(await found(next, later)).toBe(those);
      expect(await found(later, null)).toBe(
        records.filter((_, index) => index % CREATED.length === 1).length,
      );
      expect(fromTimestamp(time)).toBe(first);
    });
  });
}
