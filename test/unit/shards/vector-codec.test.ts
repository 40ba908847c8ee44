import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeVector, parseVector } from "../../../src/shards/vector-codec.ts";

/** As vector_recv reads it: int16 dimension, int16 unused, float32 numbers, all big-endian. */
function readVector(bytes: Buffer): { dimension: number; unused: number; numbers: number[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dimension = view.getInt16(0, false);
  expect(bytes).toHaveLength(4 + 4 * dimension);
  const numbers = Array.from({ length: dimension }, (_, index) => view.getFloat32(4 + 4 * index, false));
  return { dimension, unused: view.getInt16(2, false), numbers };
}

const anyVector = fc.float32Array({ minLength: 1, maxLength: 300, noNaN: true, noDefaultInfinity: true });

describe("a vector as a binary parameter", () => {
  it("a binary vector holds every number unchanged, whatever its bits", () => {
    fc.assert(
      fc.property(anyVector, (vector) => {
        const { dimension, unused, numbers } = readVector(encodeVector(vector));
        expect({ dimension, unused }).toEqual({ dimension: vector.length, unused: 0 });
        expect(numbers).toEqual([...vector]);
      }),
    );
  });

  it("a binary vector is made of the part of the buffer that is viewed, and leaves the buffer unchanged", () => {
    const all = Float32Array.of(1, 2, 3, 4);
    expect(readVector(encodeVector(all.subarray(1, 3))).numbers).toEqual([2, 3]);
    expect([...all]).toEqual([1, 2, 3, 4]);
  });

  it("a binary vector has room for the largest dimension that a table can have", () => {
    expect(readVector(encodeVector(new Float32Array(16_000).fill(0.5))).dimension).toBe(16_000);
  });
});

describe("a vector as text", () => {
  it("a text vector reads back exactly from the shortest decimals", () => {
    fc.assert(
      fc.property(anyVector, (vector) => {
        const text = `[${Array.from(vector, shortestDecimals).join(",")}]`;
        expect(parseVector(text)).toEqual(vector.map((number) => number + 0));
      }),
    );
  });

  it("a text vector may use exponents", () => {
    expect([...parseVector("[1,-2.5,3e-05,1e+20]")]).toEqual([1, -2.5, Math.fround(3e-5), Math.fround(1e20)]);
  });
});

/** The fewest digits that give the same float32 again, as PostgreSQL prints it. */
function shortestDecimals(number: number): string {
  for (let digits = 1; digits < 9; digits += 1) {
    const text = number.toPrecision(digits);
    if (Math.fround(Number(text)) === number) return text;
  }
  return number.toPrecision(9);
}
