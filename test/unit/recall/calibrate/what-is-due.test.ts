import { describe, expect, it } from "vitest";
import {
  changedBuilds,
  classesOf,
  type KnownOfClasses,
  whyDue,
} from "../../../../src/recall/calibrate/what-is-due.ts";
import { type Calibration, indexNameOf } from "../../../../src/recall/measured.ts";
import type { Collection, Shard } from "../../../../src/topology/shard-map.ts";

const shard = (id: number): Shard => ({ id, group: 1, min: id * 10, max: id * 10 + 9 });
const collection = (ids: readonly number[], changes: Partial<Collection> = {}): Collection => ({
  id: 7,
  name: "c",
  table: "c_7",
  dimension: 3,
  metric: "cosine",
  quantization: "none",
  hnsw: { m: 16, efConstruction: 64 },
  shards: ids.map(shard),
  ...changes,
});

function known(
  of: Collection,
  rows: Readonly<Record<number, number>>,
  changes: Partial<KnownOfClasses> = {},
): KnownOfClasses {
  return {
    collections: [of],
    rowsOf: (_, { id }) => rows[id],
    calibrations: [],
    isLow: () => false,
    leastRows: 4_096,
    ...changes,
  };
}

const line = (
  sizeClass: number,
  fanOut: 1 | 5,
  measured: Partial<Calibration["measured"]> = {},
): Calibration => ({
  collectionId: 7,
  sizeClass,
  fanOut,
  namespace: "",
  measured: {
    index: indexNameOf(collection([])),
    builds: "1=a",
    rows: 5_000,
    shards: 1,
    queries: "stored",
    curves: [],
    takes: [],
    ...measured,
  },
});

const shown = (classes: ReturnType<typeof classesOf>) =>
  classes.map(({ sizeClass, fanOut, shards }) => [sizeClass, fanOut, shards.map(({ id }) => id)]);

describe("classesOf", () => {
  it("has the largest shard of each size, and all together by their number", () => {
    const rows = { 1: 5_000, 2: 6_000, 3: 20_000, 4: 100, 5: 5_500 };
    expect(shown(classesOf(known(collection([1, 2, 3, 4, 5]), rows)))).toEqual([
      [7, 1, [3]],
      [6, 1, [2]],
      [7, 5, [1, 2, 3, 4, 5]],
    ]);
  });

  it("has the shard again that was measured before, while it is of that size", () => {
    const of = collection([1, 2]);
    const calibrations = [line(6, 1)];
    expect(shown(classesOf(known(of, { 1: 5_000, 2: 6_000 }, { calibrations })))[0]).toEqual([6, 1, [1]]);
    expect(shown(classesOf(known(of, { 1: 100, 2: 6_000 }, { calibrations })))[0]).toEqual([6, 1, [2]]);
  });

  it("has nothing of small shards, shards without statistics, and collections without an index", () => {
    expect(classesOf(known(collection([1, 2]), { 1: 4_095 }))).toEqual([]);
    const none = collection([1], { settings: { index: "none" } });
    expect(classesOf(known(none, { 1: 10_000 }))).toEqual([]);
  });

  it("has one class of a collection with one shard", () => {
    expect(shown(classesOf(known(collection([1]), { 1: 10_000 })))).toEqual([[6, 1, [1]]]);
  });
});

describe("whyDue", () => {
  const why = (rows: number, calibrations: readonly Calibration[], changes: Partial<KnownOfClasses> = {}) => {
    const facts = known(collection([1]), { 1: rows }, { calibrations, ...changes });
    return classesOf(facts).map((of) => whyDue(of, facts))[0];
  };

  it("is the first measurement, of the class or of an index with these parameters", () => {
    expect(why(5_000, [])).toBe("first");
    expect(why(5_000, [line(6, 1, { index: "hnsw none cosine 8/32" })])).toBe("first");
  });

  it("is half as many rows again, or a sample that was too low", () => {
    expect(why(7_499, [line(6, 1)])).toBeUndefined();
    expect(why(7_500, [line(6, 1)])).toBe("grown");
    expect(why(5_000, [line(6, 1)], { isLow: () => true })).toBe("low");
  });
});

describe("changedBuilds", () => {
  it("is half of the indexes that were measured and are still there", () => {
    expect(changedBuilds("1=5/9", "1=5/9")).toBe(false);
    expect(changedBuilds("1=5/9", "1=5/10")).toBe(true);
    expect(changedBuilds("1=a,2=a,3=a", "1=b,2=a,3=a")).toBe(false);
    expect(changedBuilds("1=a,2=a,3=a", "1=b,2=b,3=a")).toBe(true);
    expect(changedBuilds("1=a,2=a", "2=a,4=b")).toBe(false);
    expect(changedBuilds("1=a", "2=b")).toBe(false);
  });
});
