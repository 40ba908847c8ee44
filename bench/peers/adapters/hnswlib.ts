/** An index of hnswlib in this process: no server, no files, and its keys are numbers. */
import type { TopicRecord } from "../../../test/support/topics.ts";
import { holdsFor, PEER_TOP_K } from "../../data/peer-data.ts";
import { type Adapter, type AdapterSpec, BUILD_WIDTH, LINKS } from "../adapter.ts";
import { loadPackage } from "../load-package.ts";
import { createArrayOf } from "./array-of.ts";
import { createLabels } from "./labels.ts";

interface HnswlibPackage {
  readonly HierarchicalNSW: new (
    space: "ip",
    dimension: number,
  ) => {
    initIndex(capacity: number, m: number, efConstruction: number, seed: number): void;
    addPoint(vector: readonly number[], label: number): void;
    setEf(ef: number): void;
    searchKnn(
      vector: readonly number[],
      count: number,
      filter?: (label: number) => boolean,
    ): { readonly neighbors: readonly number[] };
  };
}

export async function openHnswlib(spec: Extract<AdapterSpec, { kind: "hnswlib" }>): Promise<Adapter> {
  const { HierarchicalNSW } = await loadPackage<HnswlibPackage>(spec.modules, "hnswlib-node");
  // Vectors have length 1, so the inner product orders as cosine does.
  const index = new HierarchicalNSW("ip", spec.dimension);
  index.initIndex(spec.capacity, LINKS, BUILD_WIDTH, 1);
  const arrayOf = createArrayOf();
  const labels = createLabels();
  return {
    async write(records) {
      for (const record of records) index.addPoint(Array.from(record.vector), labels.of(record));
    },
    finish: async () => {},
    async setWidth(width) {
      index.setEf(width);
    },
    async search({ vector, filter }) {
      const holds = holdsFor(filter);
      const check = (label: number) => holds(labels.attributes(label) as TopicRecord);
      const { neighbors } = index.searchKnn(
        arrayOf(vector) as number[],
        PEER_TOP_K,
        ...(filter === undefined ? [] : [check]),
      );
      return neighbors.map(labels.keyOf);
    },
    close: async () => {},
  };
}
