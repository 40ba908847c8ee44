import { invalidField } from "../../errors.ts";
import type { VectorMessage } from "../wire/vector.ts";

/** pgvector sums squares in float32: beyond this length the sum overflows. */
const MAX_LENGTH = 1e18;

/**
 * The numbers, copied out of the request. Throws naming the field; the dimension, and what else depends on
 * the collection, is checked later.
 */
export function toVector({ form, bytes }: VectorMessage, path: string): Float32Array {
  const field = form === "none" ? path : `${path}.${form}`;
  if (bytes.length === 0) throw invalidField(field, "must not be empty");
  if (bytes.length % 4 !== 0) throw invalidField(field, `has ${bytes.length} bytes, not 4 per number`);
  const vector = new Float32Array(new Uint8Array(bytes).buffer);
  let squares = 0;
  // By index: five times as fast as for-of over a typed array.
  for (let i = 0; i < vector.length; i += 1) squares += (vector[i] ?? 0) ** 2;
  if (!Number.isFinite(squares)) {
    const index = vector.findIndex((number) => !Number.isFinite(number));
    throw invalidField(field, `number ${index} is ${vector[index]}, all must be finite`);
  }
  if (squares > MAX_LENGTH ** 2) throw invalidField(field, `its length must be at most ${MAX_LENGTH}`);
  return vector;
}
