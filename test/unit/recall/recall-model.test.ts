import { describe, expect, it } from "vitest";
import type { RecallSettings, WantedRecall } from "../../../src/query/plan/recall-settings.ts";
import { fanOutClassOf, sizeClassOf } from "../../../src/recall/classes.ts";
import { type Calibration, indexNameOf, type Measured } from "../../../src/recall/measured.ts";
import { createRecallModel } from "../../../src/recall/recall-model.ts";
import type { Collection } from "../../../src/topology/shard-map.ts";

const WORDS: Collection = {
  id: 1,
  name: "words",
  table: "c_1",
  dimension: 100,
  metric: "cosine",
  quantization: "none",
  hnsw: { m: 16, efConstruction: 64 },
  shards: [],
};
const BITS: Collection = { ...WORDS, quantization: "binary" };

const wanted = (changes: Partial<WantedRecall> = {}): WantedRecall => ({
  collection: WORDS,
  target: 0.95,
  topK: 10,
  shardRows: 200_000,
  fanOut: 1,
  namespace: undefined,
  ...changes,
});

type Curve = readonly (readonly [at: number, mean: number])[];
const points = (curve: Curve) =>
  curve.map(([at, mean]) => ({ at, mean, sd: 0, p1: mean, min: mean, n: 200 }));

function measured(curve: Curve, changes: Partial<Measured> = {}): Measured {
  return {
    index: indexNameOf(WORDS),
    builds: "1",
    rows: 200_000,
    shards: 1,
    queries: "stored",
    curves: [{ topK: 10, oversampling: 1, points: points(curve) }],
    takes: [],
    ...changes,
  };
}

const line = (found: Measured, changes: Partial<Calibration> = {}): Calibration => ({
  collectionId: 1,
  sizeClass: 8,
  fanOut: 1,
  namespace: "",
  measured: found,
  ...changes,
});

const HARD: Curve = [
  [80, 0.9],
  [320, 0.975],
];
const EASY: Curve = [
  [10, 0.96],
  [20, 0.999],
];

function settings(lines: readonly Calibration[], changes: Partial<WantedRecall> = {}): RecallSettings {
  const found = createRecallModel(lines).settingsFor(wanted(changes));
  if (found === "exact") throw new Error("exact");
  return found;
}

describe("classes", () => {
  it("are of shards by powers of four, and of searches by how many shards they ask", () => {
    expect([0, 3, 4, 15, 16, 4_095, 4_096, 200_000].map(sizeClassOf)).toEqual([0, 0, 1, 1, 2, 5, 6, 8]);
    expect([1, 2, 4, 5, 16, 17, 400].map(fanOutClassOf)).toEqual([1, 2, 2, 5, 5, 17, 17]);
  });
});

describe("before a calibration", () => {
  it("assumes vectors as hard as real words, and promises nothing", () => {
    // They need 64, 165 and 579 in a shard of 200,000.
    for (const [target, words] of [
      [0.9, 64],
      [0.95, 165],
      [0.99, 579],
    ] as const) {
      const { efSearch, expected } = settings([], { target });
      expect(efSearch).toBeGreaterThanOrEqual(words);
      expect(efSearch).toBeLessThanOrEqual(1.3 * words);
      expect(expected).toBeUndefined();
    }
  });

  it("compares all rows for a target that no width is sure to reach", () => {
    const model = createRecallModel([]);
    expect(model.settingsFor(wanted({ target: 0.999 }))).toBe("exact");
    expect(model.settingsFor(wanted({ collection: BITS, target: 0.995 }))).toBe("exact");
    expect(model.settingsFor(wanted({ collection: BITS, topK: 100 }))).toBe("exact");
  });

  it("searches many shards less widely each, small ones less than large ones, and more for more hits", () => {
    const width = (changes: Partial<WantedRecall>) => settings([], changes).efSearch;
    expect(width({ fanOut: 12 })).toBeLessThan(width({ fanOut: 3 }));
    expect(width({ fanOut: 3 })).toBeLessThan(width({}));
    expect(width({ shardRows: 10_000 })).toBeLessThan(width({}));
    expect(width({ shardRows: 2_000_000 })).toBeGreaterThan(width({}));
    expect(width({ shardRows: undefined })).toBeGreaterThan(width({}));
    expect(width({ topK: 100 })).toBeGreaterThan(width({}));
  });

  it("takes enough candidates of bits that the scan has room for them", () => {
    expect(settings([], { collection: BITS })).toMatchObject({ oversampling: 32, efSearch: 320 });
  });
});

describe("with calibrations", () => {
  it("searches as widely as the target needs, and says what to expect", () => {
    const { efSearch, expected } = settings([line(measured(HARD))]);
    expect(efSearch).toBe(160);
    expect(expected).toBeCloseTo(0.95, 6);
    expect(settings([line(measured(EASY))]).efSearch).toBe(10);
  });

  it("compares all rows where no width reached it", () => {
    const model = createRecallModel([line(measured(HARD))]);
    expect(model.settingsFor(wanted({ target: 0.99 }))).toBe("exact");
    expect(model.settingsFor(wanted({ target: 1 }))).toBe("exact");
    expect(model.settingsFor(wanted({ target: 0.99995 }))).toBe("exact");
  });

  it("ignores what was measured of an index with other parameters", () => {
    const other = measured(EASY, { index: "hnsw none cosine 32/200" });
    expect(settings([line(other)])).toEqual(settings([]));
  });

  it("searches a size that was not measured as the next larger one, or more widely than a smaller one", () => {
    const lines = [line(measured(EASY), { sizeClass: 6 }), line(measured(HARD), { sizeClass: 8 })];
    expect(settings(lines, { shardRows: 20_000 }).efSearch).toBe(160);
    expect(settings(lines, { shardRows: 100 }).efSearch).toBe(10);
    expect(settings(lines, { shardRows: 2_000_000 }).efSearch).toBe(Math.ceil(160 * 1.3 ** 2));
    expect(settings(lines, { shardRows: undefined }).efSearch).toBe(160);
  });

  it("takes the more careful neighbour of a fan-out that was not measured", () => {
    const lines = [
      line(measured(HARD, { takes: [{ part: 1 / 32, points: points([[2, 0.99]]) }] })),
      line(measured(EASY), { fanOut: 17 }),
    ];
    expect(settings(lines, { fanOut: 20 }).efSearch).toBe(10);
    expect(settings(lines, { fanOut: 3 })).toMatchObject({ efSearch: 160, take: 2 });
    expect(settings(lines, { fanOut: 3 }).expected).toBeCloseTo(0.95, 6);
  });

  it("searches a namespace with a line of its own by that line", () => {
    const lines = [line(measured(EASY)), line(measured(HARD), { namespace: "tenant" })];
    expect(settings(lines, { namespace: "tenant" }).efSearch).toBe(160);
    expect(settings(lines, { namespace: "other" }).efSearch).toBe(10);
  });

  it("searches between the numbers of hits that were measured, and in proportion beyond them", () => {
    const curves = [
      { topK: 10, oversampling: 1, points: points([[20, 0.96]]) },
      { topK: 100, oversampling: 1, points: points([[320, 0.96]]) },
    ];
    const width = (topK: number) => settings([line(measured([], { curves }))], { topK }).efSearch;
    expect(width(1)).toBe(20);
    expect(width(10)).toBe(20);
    expect(width(32)).toBe(82);
    expect(width(100)).toBe(320);
    expect(width(200)).toBe(640);
  });

  it("takes the cheapest oversampling that reaches the target, and none that does not", () => {
    const curves = [
      { topK: 10, oversampling: 8, points: points([[80, 0.9]]) },
      { topK: 10, oversampling: 16, points: points([[160, 0.96]]) },
      { topK: 10, oversampling: 32, points: points([[320, 0.98]]) },
    ];
    const found = measured([], { curves, index: indexNameOf(BITS) });
    const of = (target: number) =>
      createRecallModel([line(found)]).settingsFor(wanted({ collection: BITS, target }));
    expect(of(0.9)).toMatchObject({ oversampling: 8, efSearch: 80 });
    expect(of(0.95)).toMatchObject({ oversampling: 16, efSearch: 160 });
    expect(of(0.97)).toMatchObject({ oversampling: 32, efSearch: 320 });
    expect(of(0.99)).toBe("exact");
  });

  it("takes as many rows as the harder of the filters needs", () => {
    const takes = [
      {
        part: 1 / 32,
        points: points([
          [1, 0.9],
          [2, 0.96],
        ]),
      },
      {
        part: 1 / 128,
        points: points([
          [1, 0.9],
          [2, 0.92],
          [4, 0.96],
        ]),
      },
    ];
    const take = (target: number) => settings([line(measured(EASY, { takes }))], { target }).take;
    expect(take(0.9)).toBe(1);
    expect(take(0.95)).toBeGreaterThan(3);
    expect(take(0.95)).toBeLessThanOrEqual(4);
    expect(take(0.98)).toBe(16);
  });
});
