/**
 * Vectors like real embeddings: clustered, of low intrinsic dimension, the same for the same seed on every
 * machine.
 */

const CLUSTERS = 100;
/** Standard deviation inside a cluster, of centres whose own is 1. */
const SPREAD = 0.5;

export interface ClusteredVectors {
  /** `count` unit vectors. */
  readonly vectors: readonly Float32Array[];
  /** `queryCount` more of the same mixture, none of them among `vectors`. */
  readonly queries: readonly Float32Array[];
}

/** A Gaussian mixture in a space of `latentDimension`, projected to `dimension` and normalised. */
export function clusteredVectors({
  count,
  queryCount = 0,
  dimension,
  latentDimension = 24,
  seed = 1,
}: {
  readonly count: number;
  readonly queryCount?: number;
  readonly dimension: number;
  readonly latentDimension?: number;
  readonly seed?: number;
}): ClusteredVectors {
  const random = uniform(seed);
  const normal = gaussian(random);
  const centres = Array.from({ length: CLUSTERS }, () => normals(normal, latentDimension));
  const projection = Array.from({ length: dimension }, () => normals(normal, latentDimension));
  const draw = () => {
    const centre = centres[Math.floor(random() * CLUSTERS)] as Float64Array;
    const latent = centre.map((value) => value + SPREAD * normal());
    return normalised(projection.map((axis) => dot(axis, latent)));
  };
  return {
    vectors: Array.from({ length: count }, draw),
    queries: Array.from({ length: queryCount }, draw),
  };
}

/** Cosine similarity in double precision. */
export function cosineSimilarity(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** The inner product in double precision. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`vectors of ${a.length} and ${b.length} dimensions`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function normalised(values: readonly number[]): Float32Array {
  const length = Math.sqrt(dot(values, values));
  return Float32Array.from(values, (value) => value / length);
}

function normals(normal: () => number, length: number): Float64Array {
  return Float64Array.from({ length }, normal);
}

/** Box-Muller. */
function gaussian(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** mulberry32: numbers in [0, 1). */
export function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
