import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { comparableVector } from "../../../../src/query/plan/comparable-vector.ts";

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
        const length = lengthOf(comparableVector(vector, "vector"));
        expect(length).toBeGreaterThanOrEqual(0.5 - 1e-6);
        expect(length).toBeLessThanOrEqual(2 + 1e-6);
      }),
    );
  });

  it("keeps the digits of every number that stays a normal float32", () => {
    fc.assert(
      fc.property(anyVector, (vector) => {
        const scaled = comparableVector(vector, "vector");
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
    expect(comparableVector(vector, "vector")).toBe(vector);
  });

  it("refuses a vector of zeros by the name of its field", () => {
    expect(() => comparableVector(Float32Array.of(0, -0), "record")).toThrow(
      expect.objectContaining({
        code: "INVALID_REQUEST",
        details: { fields: [expect.objectContaining({ field: "record" })] },
      }),
    );
  });
});
