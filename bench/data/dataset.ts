/** The records, the queries and their exact answers: the same on every machine. */
import { clusteredVectors } from "../../test/support/clustered-vectors.ts";
import type { Query } from "../client/job.ts";
import { groupBy } from "./group-by.ts";

export interface DatasetShape {
  readonly namespaces: number;
  /** Per namespace. */
  readonly records: number;
  readonly dimension: number;
  readonly queries: number;
}

export interface BenchRecord {
  readonly namespace: string;
  readonly key: string;
  readonly vector: Float32Array;
}

export interface Dataset {
  readonly namespaces: readonly string[];
  readonly records: readonly BenchRecord[];
  /** Of the same distribution, none of them a record. */
  readonly queries: readonly Float32Array[];
}

export interface Workload {
  readonly name: string;
  readonly topK: number;
  readonly queries: readonly Query[];
}

const LATENT_DIMENSION = 32;
const SEED = 20_260_101;

export function createDataset(shape: DatasetShape): Dataset {
  const { vectors, queries } = clusteredVectors({
    count: shape.namespaces * shape.records,
    queryCount: shape.queries,
    dimension: shape.dimension,
    latentDimension: LATENT_DIMENSION,
    seed: SEED,
  });
  const digits = String(shape.namespaces - 1).length;
  const namespaces = Array.from(
    { length: shape.namespaces },
    (_, i) => `tenant-${String(i).padStart(digits, "0")}`,
  );
  const records = vectors.map((vector, i) => {
    const namespace = namespaces[i % namespaces.length] as string;
    return { namespace, key: `${namespace}/${Math.floor(i / namespaces.length)}`, vector };
  });
  return { namespaces, records, queries };
}

/** Query i asks namespace i and the `count - 1` after it, round and round. */
export function namespaceWorkload(
  { namespaces, queries }: Dataset,
  { name, count, topK }: { readonly name: string; readonly count: number; readonly topK: number },
): Workload {
  const some = (first: number) =>
    Array.from({ length: count }, (_, i) => namespaces[(first + i) % namespaces.length] as string);
  return { name, topK, queries: queries.map((vector, i) => ({ vector, namespaces: some(i) })) };
}

function allShardsWorkload({ queries }: Dataset, topK: number): Workload {
  return { name: "all shards", topK, queries: queries.map((vector) => ({ vector, namespaces: [] })) };
}

/** What systems are compared on: the ten best of one namespace, and the twenty best of all. */
export function searchWorkloads(dataset: Dataset): readonly Workload[] {
  return [
    namespaceWorkload(dataset, { name: "one namespace", count: 1, topK: 10 }),
    allShardsWorkload(dataset, 20),
  ];
}

/**
 * The keys a full comparison finds, per query. Vectors have length 1, so the inner product orders as cosine
 * does.
 */
export function exactAnswers(dataset: Dataset, { queries, topK }: Workload): readonly (readonly string[])[] {
  const byNamespace = groupBy(dataset.records, ({ namespace }) => namespace);
  return queries.map(({ vector, namespaces }) => {
    const scope =
      namespaces.length === 0
        ? dataset.records
        : namespaces.flatMap((namespace) => byNamespace.get(namespace) ?? []);
    return nearest(scope, vector, topK);
  });
}

function nearest(records: readonly BenchRecord[], query: Float32Array, topK: number): readonly string[] {
  const best: { readonly key: string; readonly product: number }[] = [];
  for (const { key, vector } of records) {
    let product = 0;
    for (let i = 0; i < query.length; i++) product += (query[i] as number) * (vector[i] as number);
    if (best.length === topK && product <= (best[topK - 1]?.product ?? 0)) continue;
    if (best.length === topK) best.pop();
    let place = best.length;
    while (place > 0 && (best[place - 1]?.product ?? 0) < product) place -= 1;
    best.splice(place, 0, { key, product });
  }
  return best.map(({ key }) => key);
}
