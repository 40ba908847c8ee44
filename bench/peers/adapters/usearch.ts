/** An index of usearch in this process: no server, its keys are numbers, and it knows no filters. */
import { join } from "node:path";
import { PEER_TOP_K } from "../../data/peer-data.ts";
import { type Adapter, type AdapterSpec, BUILD_WIDTH, LINKS } from "../adapter.ts";
import { loadPackage } from "../load-package.ts";
import { createLabels } from "./labels.ts";

interface UsearchIndex {
  add(key: bigint, vector: Float32Array): void;
  remove(key: bigint): unknown;
  contains(key: bigint): boolean;
  search(vector: Float32Array, count: number, threads: number): { readonly keys: BigUint64Array };
  save(path: string): void;
  load(path: string): void;
}

interface UsearchPackage {
  readonly Index: new (options: {
    readonly metric: string;
    readonly quantization: string;
    readonly dimensions: number;
    readonly connectivity: number;
    readonly expansion_add: number;
    readonly expansion_search: number;
  }) => UsearchIndex;
}

const THREADS = 1;

export async function openUsearch(spec: Extract<AdapterSpec, { kind: "usearch" }>): Promise<Adapter> {
  const { Index } = await loadPackage<UsearchPackage>(spec.modules, "usearch");
  const create = (width: number) =>
    new Index({
      // Vectors have length 1, so the inner product orders as cosine does.
      metric: "ip",
      quantization: "f32",
      dimensions: spec.dimension,
      connectivity: LINKS,
      expansion_add: BUILD_WIDTH,
      expansion_search: width,
    });
  let index = create(BUILD_WIDTH);
  const labels = createLabels();
  return {
    async write(records) {
      for (const record of records) {
        const key = BigInt(labels.of(record));
        if (index.contains(key)) index.remove(key);
        index.add(key, record.vector);
      }
    },
    finish: async () => {},
    /** The width of an index is chosen when it is made: the graph goes into another by way of a file. */
    async setWidth(width) {
      const file = join(spec.folder, "index.usearch");
      index.save(file);
      index = create(width);
      index.load(file);
    },
    async search({ vector }) {
      const { keys } = index.search(vector, PEER_TOP_K, THREADS);
      return Array.from(keys, (key) => labels.keyOf(Number(key)));
    },
    close: async () => {},
  };
}
