const arrays = new WeakMap<Float32Array, readonly number[]>();

/** The same numbers; made once, as a program that has arrays would have them. */
export function arrayOf(vector: Float32Array): readonly number[] {
  const known = arrays.get(vector);
  if (known !== undefined) return known;
  const array = Array.from(vector);
  arrays.set(vector, array);
  return array;
}
