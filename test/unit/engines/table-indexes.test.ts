import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createTableIndexSql,
  filterIndex,
  indexesOf,
  tableIndexName,
} from "../../../src/engines/table-indexes.ts";
import { quoteLiteral } from "../../../src/shards/pg/quote-literal.ts";

const ON = { schema: "public", table: "c_7" };

describe("filterIndex", () => {
  it("puts fields behind the namespace, texts in the order of their bytes and cut", () => {
    const index = filterIndex({
      name: "lang,year",
      fields: [
        { path: ["lang"], type: "string" },
        { path: ["at", "year"], type: "number" },
      ],
    });
    expect(index.definition).toBe(
      `(shard_key, ((CASE WHEN jsonb_typeof(metadata #> ARRAY['lang']::text[]) = 'string' THEN left(metadata #>> ARRAY['lang']::text[], 64) END)) COLLATE "C", ((CASE WHEN jsonb_typeof(metadata #> ARRAY['at', 'year']::text[]) = 'number' THEN metadata #> ARRAY['at', 'year']::text[] END)))`,
    );
  });

  it("has its where as the condition of the index, with literals in place of parameters", () => {
    const { definition } = filterIndex({
      name: "x",
      fields: [{ path: ["a"], type: "bool" }],
      where: { kind: "time", field: "created_at", fromUs: "1" },
    });
    expect(definition).toMatch(/ WHERE \(created_at >= '1970-01-01T00:00:00.000001Z'::timestamptz\)$/);
  });

  it("gives every definition a name of its own, short whatever the field is called", () => {
    const of = (name: string, path: string) =>
      tableIndexName("memory_entries", filterIndex({ name, fields: [{ path: [path], type: "string" }] }));
    const names = [
      of("a", "x"),
      of("b", "x"),
      of("a", "y"),
      of("a", `"; DROP TABLE x; --${"x".repeat(900)}`),
    ];
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^memory_entries_f_[0-9a-f]{12}$/);
  });

  it("keeps any field name inside its literal", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (name) => {
        fc.pre(!name.includes("\0") && !/\p{Surrogate}/u.test(name));
        const sql = createTableIndexSql(
          ON,
          filterIndex({ name: "n", fields: [{ path: [name], type: "bool" }] }),
        );
        const rest = sql.replaceAll(quoteLiteral(name), "?");
        expect(rest).toBe(
          createTableIndexSql(ON, filterIndex({ name: "n", fields: [{ path: ["p"], type: "bool" }] }))
            .replaceAll("'p'", "?")
            .replace(/_f_[0-9a-f]{12}/, /_f_[0-9a-f]{12}/.exec(sql)?.[0] ?? ""),
        );
      }),
    );
  });
});

describe("quoteLiteral", () => {
  it("doubles quotes, escapes backslashes, and refuses what PostgreSQL cannot hold", () => {
    expect(quoteLiteral("it's")).toBe("'it''s'");
    expect(quoteLiteral("a\\'b")).toBe("E'a\\\\''b'");
    expect(() => quoteLiteral("a\0")).toThrow(RangeError);
  });
});

it("a collection without settings has no such index, one with all of them has three and its filter indexes", () => {
  expect(indexesOf(undefined)).toEqual([]);
  const titles = indexesOf({
    recordIndexes: ["metadata", "tags", "created_at"],
    filterIndexes: [{ name: "y", fields: [{ path: ["y"], type: "number" }] }],
  }).map((index) => createTableIndexSql(ON, index, { concurrently: true }));
  expect(titles).toHaveLength(4);
  expect(titles[0]).toBe(
    'CREATE INDEX CONCURRENTLY "c_7_metadata" ON "public"."c_7" USING gin (metadata jsonb_path_ops) WITH (fastupdate = off)',
  );
});
