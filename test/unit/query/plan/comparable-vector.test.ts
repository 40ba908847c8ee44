import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { comparableVector } from "../../../../src/query/plan/comparable-vector.ts";
import type { Collection } from "../../../../src/topology/shard-map.ts";
import { collectionCutAt } from "../cut-ring.ts";

const COSINE = collectionCutAt([]);

const lengthOf = (vector: Float32Array) => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));

/** Any float32 numbers, denormal and huge ones among them. */
const anyVector = fc
  .array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 32 })
  .map((values) => Float32Array.from(values))
  .filter((vector) => vector.some((value) => value !== 0));

describe("comparableVector", () => {
  it("gives every vector a length of 0.5 to 2", () => {
    fc.assert(
      fc.property(anyVector, (vector) => {
        const length = lengthOf(comparableVector(vector, COSINE, "vector"));
        expect(length).toBeGreaterThanOrEqual(0.5 - 1e-6);
        expect(length).toBeLessThanOrEqual(2 + 1e-6);
      }),
    );
  });

  it("keeps the digits of every number that stays a normal float32", () => {
    fc.assert(
      fc.property(anyVector, (vector) => {
        const scaled = comparableVector(vector, COSINE, "vector");
        const at = scaled.findIndex((value) => Math.abs(value) >= 0.05);
        const factor = (vector[at] as number) / (scaled[at] as number);
        expect(Math.log2(factor)).toBe(Math.round(Math.log2(factor)));
        for (const [i, value] of scaled.entries()) {
          if (Math.abs(value) > 1.2e-38) expect(value * factor).toBe(vector[i]);
        }
      }),
    );
  });

  it("does not copy a vector that has such a length", () => {
    const vector = Float32Array.of(0.6, 0.7999, 0);
    expect(comparableVector(vector, COSINE, "vector")).toBe(vector);
  });

  it("refuses a vector of zeros by the name of its field", () => {
    expect(() => comparableVector(Float32Array.of(0, -0), COSINE, "record")).toThrow(
      expect.objectContaining({
        code: "INVALID_REQUEST",
        details: { fields: [expect.objectContaining({ field: "record" })] },
      }),
    );
  });

  it("leaves every vector as it is where its length counts, zeros too", () => {
    const anyNumbers = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 });
    fc.assert(
      fc.property(anyNumbers, fc.constantFrom("l2" as const, "inner_product" as const), (numbers, metric) => {
        const vector = Float32Array.from(numbers);
        expect(comparableVector(vector, { ...COSINE, metric }, "vector")).toBe(vector);
      }),
    );
  });

  it("refuses numbers that halves cannot hold where the vector is not scaled, and no others", () => {
    const refused = (vector: Float32Array, kind: Partial<Collection>) => () =>
      comparableVector(vector, { ...COSINE, ...kind }, "vector");
    for (const metric of ["l2", "inner_product"] as const) {
      for (const value of [65_505, -65_505, 1e18]) {
        const vector = Float32Array.of(0, value, 1);
        expect(refused(vector, { metric, quantization: "half" })).toThrow(
          expect.objectContaining({
            code: "INVALID_REQUEST",
            message: expect.stringContaining(`number 1 is ${vector[1]}`),
          }),
        );
        expect(refused(vector, { metric })).not.toThrow();
        expect(refused(vector, { quantization: "half" })).not.toThrow();
      }
      expect(refused(Float32Array.of(65_504, -65_504, 0), { metric, quantization: "half" })).not.toThrow();
    }
  });
});
