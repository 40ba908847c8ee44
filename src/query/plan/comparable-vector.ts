/** A query vector in the form in which shards compare it. Pure. */
import { invalidField } from "../../errors.ts";

/**
 * The same direction with a length of 0.5 to 2, whatever the length was: in float32, products with a very
 * long or short vector over- and underflow, and halfvec ends at 65,504. Scaling by a power of two changes
 * no digit of any number, so similarities stay as they are. Throws INVALID_REQUEST naming `field` for a
 * vector of zeros, which has no direction: only SQL can have stored it.
 */
export function comparableVector(vector: Float32Array, field: string): Float32Array {
  let squares = 0;
  for (let i = 0; i < vector.length; i += 1) squares += (vector[i] ?? 0) ** 2;
  if (squares === 0) throw invalidField(field, "all numbers are zero, which has no direction");
  // Most embeddings have a length of about 1, and are not copied.
  if (squares >= 0.25 && squares <= 4) return vector;
  const factor = 2 ** -Math.floor(Math.log2(squares) / 2);
  const scaled = new Float32Array(vector.length);
  for (let i = 0; i < vector.length; i += 1) scaled[i] = (vector[i] ?? 0) * factor;
  return scaled;
}
