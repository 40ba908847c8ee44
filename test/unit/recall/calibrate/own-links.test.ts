import { describe, expect, it } from "vitest";
import { ownLinks, ownWidth, withNarrow } from "../../../../src/recall/calibrate/own-links.ts";

const point = (at: number, mean: number, p1 = mean) => ({ at, mean, sd: 0.05, p1, min: p1, n: 200 });

describe("the own links of stored vectors", () => {
  it("are as many as a node has at the bottom of the graph, and none in another index", () => {
    const hnsw = { m: 16, efConstruction: 64 };
    expect(ownLinks({ hnsw })).toBe(32);
    expect(ownLinks({ hnsw, settings: { index: "ivfflat" } })).toBe(0);
  });

  it("make the scan narrower by so much, but never narrower than any is", () => {
    expect(ownWidth(160, 32)).toBe(128);
    expect(ownWidth(20, 32)).toBe(10);
    expect(ownWidth(4, 32)).toBe(4);
    expect(ownWidth(160, 0)).toBe(160);
  });
});

describe("withNarrow", () => {
  it("adds narrower widths, at which more is missed than widths are narrower", () => {
    const [ten, twenty, forty, first] = withNarrow([point(42, 0.97, 0.8)], 10);
    expect([ten?.at, twenty?.at, forty?.at, first?.at]).toEqual([10, 20, 40, 42]);
    // Words: .87 at 10 and .93 at 20, where .966 was found at 40.
    expect(ten?.mean).toBeCloseTo(0.855, 2);
    expect(twenty?.mean).toBeCloseTo(0.932, 2);
    expect(twenty?.p1).toBeLessThan(0.7);
    expect(twenty?.sd).toBeGreaterThan(0.05);
  });

  it("takes no sample's word that nothing is missed", () => {
    const [ten] = withNarrow([{ ...point(42, 1), sd: 0 }], 10);
    expect(ten?.mean).toBeLessThan(0.999);
    expect(ten?.sd).toBeGreaterThan(0);
  });

  it("adds none below what is asked for, nor where narrow ones were measured", () => {
    expect(withNarrow([point(192, 0.97)], 100)).toHaveLength(1);
    expect(withNarrow([point(10, 0.97)], 10)).toHaveLength(1);
    expect(withNarrow([], 10)).toEqual([]);
  });
});
