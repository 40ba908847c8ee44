/** A query vector in the form in which shards compare it. Pure. */
import { type Collection, checkRange, withoutDirection } from "../../topology/shard-map.ts";

/**
 * By cosine, the same direction with a length of 0.5 to 2, whatever the length was: in float32, products with
 * a very long or short vector over- and underflow, and halfvec ends at 65,504. Scaling by a power of two
 * changes no digit of any number, so similarities stay as they are. By other metrics, where the length
 * counts, the vector as it is.
 *
 * Throws INVALID_REQUEST naming `field` for what cannot be compared: by cosine a vector of zeros, which has
 * no direction; otherwise numbers that the index cannot hold.
 */
export function comparableVector(vector: Float32Array, collection: Collection, field: string): Float32Array {
  checkRange(vector, collection, field);
  if (collection.metric !== "cosine") return vector;
  let squares = 0;
  for (let i = 0; i < vector.length; i += 1) squares += (vector[i] ?? 0) ** 2;
  if (squares === 0) throw withoutDirection(field);
  // Most embeddings have a length of about 1, and are not copied.
  if (squares >= 0.25 && squares <= 4) return vector;
  const factor = 2 ** -Math.floor(Math.log2(squares) / 2);
  const scaled = new Float32Array(vector.length);
  for (let i = 0; i < vector.length; i += 1) scaled[i] = (vector[i] ?? 0) * factor;
  return scaled;
}
