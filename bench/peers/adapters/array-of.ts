/**
 * Gives the same numbers as an array, made once for each vector, as a program that has arrays would have
 * them.
 */
export function createArrayOf(): (vector: Float32Array) => readonly number[] {
  const arrays = new WeakMap<Float32Array, readonly number[]>();
  return (vector) => {
    const known = arrays.get(vector);
    if (known !== undefined) return known;
    const array = Array.from(vector);
    arrays.set(vector, array);
    return array;
  };
}
