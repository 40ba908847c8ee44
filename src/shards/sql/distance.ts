/**
 * How vectors are compared: by metric and kind of index the operator, what is indexed, the operator class,
 * and what a distance means. Everything that names any of them in SQL takes it from here, since an index is
 * used only by a statement that orders by the very expression it is over. Pure.
 *
 *   metric         operator  similarity (higher is nearer)
 *   cosine         <=>       1 - distance: 1 is the same direction, -1 the opposite
 *   l2             <->       minus the distance: at most 0
 *   inner_product  <#>       the inner product; the operator gives it negated
 */
import type { Metric, Quantization } from "../../topology/shard-map.ts";

/** `unnormalized-half`: as `half`, with an index over the vectors as they are stored; of `cosine` only. */
export type IndexForm = Quantization | "unnormalized-half";

/** What an index of vectors is over. */
export interface IndexedVectors {
  readonly metric: Metric;
  readonly quantization: IndexForm;
  readonly dimension: number;
}

const OPERATORS: Readonly<Record<Metric, string>> = { cosine: "<=>", l2: "<->", inner_product: "<#>" };
/** As pgvector's operator classes are named: `vector_<name>_ops`, `halfvec_<name>_ops`. */
const CLASS_NAMES: Readonly<Record<Metric, string>> = { cosine: "cosine", l2: "l2", inner_product: "ip" };

/** The exact distance of a record to `query`, an SQL expression of type vector. */
export function exactDistance(metric: Metric, query: string): string {
  return `embedding ${OPERATORS[metric]} ${query}`;
}

/**
 * The distance that the index of a collection orders by; the exact one where its kind loses nothing. An index
 * over another expression is not used; then all rows in scope are compared, which is slower and finds at
 * least as much.
 */
export function indexedDistance({ metric, quantization, dimension }: IndexedVectors, query: string): string {
  switch (quantization) {
    case "none":
      return exactDistance(metric, query);
    case "half":
    case "unnormalized-half": {
      const form = halfForm({ metric, quantization, dimension });
      return `${form} ${OPERATORS[metric]} ${query}::halfvec(${dimension})`;
    }
    case "binary":
      return `${bits("embedding", dimension)} <~> ${bits(query, dimension)}`;
  }
}

/** The element of an index: its expression, in brackets where it is one, and its operator class. */
export function indexElement(vectors: IndexedVectors): string {
  const { metric, quantization, dimension } = vectors;
  switch (quantization) {
    case "none":
      return `embedding vector_${CLASS_NAMES[metric]}_ops`;
    case "half":
    case "unnormalized-half":
      return `(${halfForm(vectors)}) halfvec_${CLASS_NAMES[metric]}_ops`;
    case "binary":
      return `(${bits("embedding", dimension)}) bit_hamming_ops`;
  }
}

/** The similarity that stands for a distance, higher always nearer. NaN stays NaN. */
export function similarityOf(metric: Metric, distance: number): number {
  // Not `-distance`, which makes -0 of the distance of a record to itself.
  return metric === "cosine" ? 1 - distance : 0 - distance;
}

/**
 * By cosine, vectors of length 1: halfvec holds numbers from 6e-8 to 65,504 only, so that vectors of other
 * lengths, cast as they are, would become zeros or be refused. Where the length counts, as they are.
 */
function halfForm({ metric, quantization, dimension }: IndexedVectors): string {
  const kept =
    metric === "cosine" && quantization !== "unnormalized-half" ? "l2_normalize(embedding)" : "embedding";
  return `${kept}::halfvec(${dimension})`;
}

const bits = (vector: string, dimension: number) => `binary_quantize(${vector})::bit(${dimension})`;
