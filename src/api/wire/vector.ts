import type { Writer } from "protobufjs/minimal.js";
import type { StrictReader } from "./strict-reader.ts";

/**
 * A Vector as it came: both forms are little-endian float32, `floats` in any mixture of packed and single
 * ones.
 */
export interface VectorMessage {
  readonly form: "none" | "f32_le" | "floats";
  /** A view of the request's bytes where possible. */
  readonly bytes: Uint8Array;
}

/** Reads a Vector with its length before it. */
export function readVector(reader: StrictReader): VectorMessage {
  let vector: VectorMessage = { form: "none", bytes: Buffer.alloc(0) };
  reader.message((tag) => {
    if (tag === ((1 << 3) | 2)) vector = { form: "f32_le", bytes: reader.bytes() };
    else if (tag === ((2 << 3) | 2)) vector = { form: "floats", bytes: readFloats(reader) };
    else reader.skipType(tag & 7);
  });
  return vector;
}

function readFloats(reader: StrictReader): Uint8Array {
  const parts: Uint8Array[] = [];
  reader.message((tag) => {
    if (tag === ((1 << 3) | 2)) {
      const packed = reader.bytes();
      if (packed.length % 4 !== 0) throw new RangeError("packed floats end in the middle of one");
      parts.push(packed);
    } else if (tag === ((1 << 3) | 5)) {
      reader.skip(4);
      parts.push(reader.buf.subarray(reader.pos - 4, reader.pos));
    } else {
      reader.skipType(tag & 7);
    }
  });
  return Buffer.concat(parts);
}

/**
 * Writes the fields of a Vector in f32_le, without length. The numbers are copied when the writer finishes.
 */
export function writeVector(writer: Writer, vector: Float32Array): Writer {
  return writer
    .uint32((1 << 3) | 2)
    .bytes(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
}
