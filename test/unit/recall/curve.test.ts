import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { likelyMean, pointOf, type RecallPoint, widthFor } from "../../../src/recall/curve.ts";

/** Of queries that all have the same recall. */
const even = (at: number, mean: number, p1 = mean): RecallPoint => ({
  at,
  mean,
  sd: 0,
  p1,
  min: p1,
  n: 200,
});

describe("pointOf", () => {
  it("says mean, deviation, the worst query and the worst in a hundred", () => {
    const recalls = [...Array<number>(197).fill(1), 0.2, 0.5, 0.9];
    const point = pointOf(40, recalls);
    expect(point).toMatchObject({ at: 40, min: 0.2, p1: 0.5, n: 200 });
    expect(point.mean).toBeCloseTo(198.6 / 200, 10);
    expect(point.sd).toBeCloseTo(0.0667, 3);
  });

  it("gives one query no deviation", () => {
    expect(pointOf(10, [0.8])).toEqual({ at: 10, mean: 0.8, sd: 0, p1: 0.8, min: 0.8, n: 1 });
  });
});

describe("widthFor", () => {
  it("interpolates width and loss by their logarithms", () => {
    const points = [even(40, 0.9), even(160, 0.99)];
    // A loss of sqrt(.1 x .01) lies half way.
    const reached = widthFor(points, 1 - Math.sqrt(0.001));
    expect(reached?.at).toBeCloseTo(80, 6);
    expect(reached?.expected).toBeCloseTo(1 - Math.sqrt(0.001), 6);
  });

  it("widens the search until queries that were not measured very likely have the recall too", () => {
    const noisy = { ...even(100, 0.955), sd: 0.1, p1: 0.7 };
    expect(likelyMean(noisy)).toBeLessThan(0.95);
    const reached = widthFor([noisy, even(200, 0.99)], 0.95);
    expect(reached?.at).toBeGreaterThan(100);
    expect(reached?.at).toBeLessThan(200);
  });

  it("reaches no target while one query in a hundred is below .7", () => {
    expect(widthFor([even(40, 0.97, 0.5), even(80, 0.98, 0.6)], 0.95)).toBeUndefined();
    const reached = widthFor([even(40, 0.97, 0.5), even(80, 0.98, 0.9)], 0.95);
    expect(reached?.at).toBeCloseTo(40 * 2 ** 0.5, 6);
  });

  it("takes the narrowest that was measured where it is enough, and nothing where none is", () => {
    const points = [even(10, 0.99), even(20, 0.995)];
    expect(widthFor(points, 0.95)).toEqual({ at: 10, expected: 0.99 });
    expect(widthFor(points, 0.999)).toBeUndefined();
    expect(widthFor([], 0.5)).toBeUndefined();
  });

  it("never asks for less for a higher target, nor leaves the measured widths", () => {
    const recalls = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 });
    const curve = fc
      .array(recalls, { minLength: 1, maxLength: 8 })
      .map((all) => all.map((values, index) => pointOf(10 * 2 ** index, values)));
    const target = fc.double({ min: 0.5, max: 1, noNaN: true });
    fc.assert(
      fc.property(curve, target, target, (points, a, b) => {
        const [low, high] = [widthFor(points, Math.min(a, b)), widthFor(points, Math.max(a, b))];
        if (high === undefined) return;
        expect(low).toBeDefined();
        expect(low?.at ?? 0).toBeLessThanOrEqual(high.at * (1 + 1e-9));
        expect(high.at).toBeGreaterThanOrEqual(10);
        expect(high.at).toBeLessThanOrEqual(10 * 2 ** (points.length - 1) * (1 + 1e-9));
      }),
    );
  });
});
