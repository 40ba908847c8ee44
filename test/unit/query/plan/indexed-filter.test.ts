import { describe, expect, it } from "vitest";
import {
  type FilteredCollection,
  filterUsesIndex,
  indexedFilter,
} from "../../../../src/query/plan/indexed-filter.ts";
import type { Filter } from "../../../../src/query/types.ts";

const FILTERED: FilteredCollection = {
  scope: "namespaces",
  collection: {
    settings: {
      recordIndexes: ["metadata", "tags", "created_at"],
      filterIndexes: [
        { name: "y", fields: [{ path: ["y"], type: "number" }] },
        {
          name: "lang,at",
          fields: [
            { path: ["lang"], type: "string" },
            { path: ["at"], type: "time" },
          ],
        },
        {
          name: "score of published",
          fields: [{ path: ["score"], type: "number" }],
          where: { kind: "eq", path: ["state"], value: "published" },
        },
      ],
    },
  },
};
const ALL: FilteredCollection = { ...FILTERED, scope: "all" };

const eq = (path: string, value: string | number | boolean): Filter => ({ kind: "eq", path: [path], value });
const gt = (path: string, value: string | number): Filter => ({ kind: "gt", path: [path], value });
const and = (...filters: readonly Filter[]): Filter => ({ kind: "and", filters });
const or = (...filters: readonly Filter[]): Filter => ({ kind: "or", filters });
const not = (filter: Filter): Filter => ({ kind: "not", filter });
const indexOf = (filter: Filter, filtered = FILTERED) => {
  const found = indexedFilter(filter, filtered);
  return "index" in found ? found.index : undefined;
};

describe("indexedFilter", () => {
  it("takes the index of the field where there is one of the type, else that of all metadata for equality", () => {
    expect(indexOf(gt("y", 1))).toBe("number");
    expect(indexOf(eq("y", 1))).toBe("number");
    expect(indexOf(eq("y", "1"))).toBe("document");
    expect(indexOf(gt("y", "1"))).toBeUndefined();
    expect(indexOf(eq("other", true))).toBe("document");
    expect(indexOf({ kind: "contains", path: ["y"], value: 1 })).toBe("document");
    expect(indexOf({ kind: "exists", path: ["y"] })).toBeUndefined();
    expect(indexOf({ kind: "ne", path: ["y"], value: 1 })).toBeUndefined();
  });

  it("leaves a path whose name may be the place of an item to the path itself", () => {
    expect(indexOf({ kind: "eq", path: ["a", "0"], value: 1 })).toBeUndefined();
    expect(indexOf({ kind: "eq", path: ["a", "-1"], value: 1 })).toBeUndefined();
    expect(indexOf({ kind: "eq", path: ["a", "b0"], value: 1 })).toBe("document");
  });

  it("uses a later field of an index only when those before it are given", () => {
    expect(indexOf(gt("at", "2026"))).toBeUndefined();
    expect(indexedFilter(and(eq("lang", "en"), gt("at", "2026")), FILTERED)).toEqual(
      and(
        { ...eq("lang", "en"), index: "string" } as Filter,
        { ...gt("at", "2026"), index: "time" } as Filter,
      ),
    );
    expect(indexedFilter(and(gt("lang", "en"), gt("at", "2026")), FILTERED)).toMatchObject({
      filters: [{ index: "string" }, { kind: "gt", path: ["at"] }],
    });
  });

  it("marks nothing below a not, and again below two", () => {
    expect(indexedFilter(not(eq("y", 1)), FILTERED)).toEqual(not(eq("y", 1)));
    expect(indexedFilter(not(not(eq("y", 1))), FILTERED)).toMatchObject({
      filter: { filter: { index: "number" } },
    });
  });

  it("uses a partial index for a filter with all conditions of its where, whose words it repeats", () => {
    const state = eq("state", "published");
    expect(indexedFilter(and(state, gt("score", 3)), FILTERED)).toEqual(
      and(
        and({ ...state, index: "document" } as Filter, { ...gt("score", 3), index: "number" } as Filter),
        state,
      ),
    );
    expect(indexOf(gt("score", 3))).toBeUndefined();
    expect(indexedFilter(or(state, gt("score", 3)), FILTERED)).toMatchObject({
      filters: [{ index: "document" }, { kind: "gt", path: ["score"] }],
    });
  });

  it("over all namespaces leaves out indexes that begin with the namespace", () => {
    expect(indexOf(gt("y", 1), ALL)).toBeUndefined();
    expect(indexOf(eq("y", 1), ALL)).toBe("document");
  });

  it("of a collection without indexes marks nothing", () => {
    const none: FilteredCollection = { scope: "namespaces", collection: {} };
    expect(indexOf(eq("y", 1), none)).toBeUndefined();
    expect(filterUsesIndex(eq("y", 1), none)).toBe(false);
  });
});

describe("filterUsesIndex", () => {
  it("needs one part of an and, and every part of an or", () => {
    const plain = gt("other", 1);
    expect(filterUsesIndex(and(plain, eq("y", 1)), FILTERED)).toBe(true);
    expect(filterUsesIndex(or(plain, eq("y", 1)), FILTERED)).toBe(false);
    expect(filterUsesIndex(or(gt("y", 1), eq("a", 1)), FILTERED)).toBe(true);
    expect(filterUsesIndex(plain, FILTERED)).toBe(false);
    expect(filterUsesIndex(not(eq("y", 1)), FILTERED)).toBe(false);
    expect(filterUsesIndex(not(or(plain, not(eq("y", 1)))), FILTERED)).toBe(true);
  });

  it("knows tags, times of creation and keys", () => {
    const tags: Filter = { kind: "tags", match: "any", tags: ["t"] };
    const created: Filter = { kind: "time", field: "created_at", fromUs: 1n };
    const updated: Filter = { kind: "time", field: "updated_at", fromUs: 1n };
    const key: Filter = { kind: "keyPrefix", prefix: "a" };
    expect([tags, created, updated, key].map((one) => filterUsesIndex(one, FILTERED))).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect([tags, created, key].map((one) => filterUsesIndex(one, ALL))).toEqual([true, false, false]);
    expect(filterUsesIndex(not(tags), FILTERED)).toBe(false);
  });

  it("counts a partial index whose where is the whole filter", () => {
    expect(
      filterUsesIndex(eq("state", "published"), {
        ...FILTERED,
        collection: { settings: { filterIndexes: FILTERED.collection.settings?.filterIndexes?.slice(2) } },
      }),
    ).toBe(true);
  });
});
