/**
 * The vectors that a collection was last searched by, so that its index is measured by what it is asked. They
 * are in memory only: never stored, and never logged.
 */
import type { FinishedSearch } from "../query/query-observer.ts";

/** Of each collection. */
const KEPT = 200;
/** Of all collections together. Past it, those are dropped that were searched first. */
const MOST_BYTES = 64 * 2 ** 20;

export interface SeenQuery {
  readonly vector: Float32Array;
  /** The only one that was searched; undefined: several. */
  readonly namespace: string | undefined;
}

interface Seen {
  readonly dimension: number;
  /** `KEPT` vectors one after another. */
  readonly numbers: Float32Array;
  readonly namespaces: (string | undefined)[];
  /** Searches so far. */
  count: number;
}

export class QueryReservoir {
  readonly #byCollection = new Map<string, Seen>();
  #bytes = 0;

  /** Is called on the path of a request: copies a vector. */
  searchFinished({ request, outcome }: Pick<FinishedSearch, "request" | "outcome">): void {
    const { query, scope } = request;
    if (query.kind !== "vector" || "error" in outcome) return;
    const seen = this.#seenOf(request.collection, query.vector.length);
    const place = seen.count % KEPT;
    seen.numbers.set(query.vector, place * seen.dimension);
    seen.namespaces[place] =
      scope.kind === "namespaces" && scope.namespaces.length === 1 ? scope.namespaces[0] : undefined;
    seen.count += 1;
  }

  /** The last searches of the collection, in no order; copies. */
  queriesOf(collection: string, dimension: number): readonly SeenQuery[] {
    const seen = this.#byCollection.get(collection);
    if (seen?.dimension !== dimension) return [];
    return Array.from({ length: Math.min(seen.count, KEPT) }, (_, place) => ({
      vector: seen.numbers.slice(place * dimension, (place + 1) * dimension),
      namespace: seen.namespaces[place],
    }));
  }

  #seenOf(collection: string, dimension: number): Seen {
    const known = this.#byCollection.get(collection);
    // A collection may have been replaced by another one of its name.
    if (known?.dimension === dimension) return known;
    if (known !== undefined) this.#drop(collection, known);
    const seen = { dimension, numbers: new Float32Array(KEPT * dimension), namespaces: [], count: 0 };
    this.#byCollection.set(collection, seen);
    this.#bytes += seen.numbers.byteLength;
    for (const [name, other] of this.#byCollection) {
      if (this.#bytes <= MOST_BYTES || other === seen) break;
      this.#drop(name, other);
    }
    return seen;
  }

  #drop(collection: string, { numbers }: Seen): void {
    this.#byCollection.delete(collection);
    this.#bytes -= numbers.byteLength;
  }
}
