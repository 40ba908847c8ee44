/** A collection of a Chroma server, over HTTP. */
import { PEER_TOP_K, type PeerFilter } from "../../data/peer-data.ts";
import { type Adapter, type AdapterSpec, BUILD_WIDTH, CHROMA_WIDTH, LINKS } from "../adapter.ts";
import { loadPackage } from "../load-package.ts";
import { createArrayOf } from "./array-of.ts";

interface Collection {
  upsert(records: {
    readonly ids: readonly string[];
    readonly embeddings: readonly (readonly number[])[];
    readonly metadatas: readonly object[];
  }): Promise<unknown>;
  query(query: {
    readonly queryEmbeddings: readonly (readonly number[])[];
    readonly nResults: number;
    readonly where?: object | undefined;
    readonly include: readonly string[];
  }): Promise<{ readonly ids: readonly (readonly string[])[] }>;
}

interface ChromaPackage {
  readonly ChromaClient: new (options: {
    readonly host: string;
    readonly port: number;
    readonly ssl: boolean;
  }) => {
    createCollection(options: {
      readonly name: string;
      readonly embeddingFunction: null;
      readonly configuration: object;
    }): Promise<Collection>;
  };
}

/** What the server takes at once is about 5,000. */
const BATCH = 250;

export async function openChroma(spec: Extract<AdapterSpec, { kind: "chroma" }>): Promise<Adapter> {
  const { ChromaClient } = await loadPackage<ChromaPackage>(spec.modules, "chromadb");
  const client = new ChromaClient({ host: "127.0.0.1", port: spec.port, ssl: false });
  const hnsw = {
    space: "cosine",
    max_neighbors: LINKS,
    ef_construction: BUILD_WIDTH,
    ef_search: CHROMA_WIDTH,
  };
  const collection = await client.createCollection({
    name: "bench",
    embeddingFunction: null,
    configuration: { hnsw },
  });
  const arrayOf = createArrayOf();
  return {
    async write(records) {
      for (let at = 0; at < records.length; at += BATCH) {
        const batch = records.slice(at, at + BATCH);
        await collection.upsert({
          ids: batch.map(({ key }) => key),
          embeddings: batch.map(({ vector }) => Array.from(vector)),
          metadatas: batch.map(({ chance, topic }) => ({ chance, topic })),
        });
      }
    },
    finish: async () => {},
    // The server reads a changed ef_search only when it loads the index again.
    setWidth: async () => {},
    async search({ vector, filter }) {
      const { ids } = await collection.query({
        queryEmbeddings: [arrayOf(vector)],
        nResults: PEER_TOP_K,
        ...(filter !== undefined && { where: condition(filter) }),
        include: [],
      });
      return ids[0] ?? [];
    },
    close: async () => {},
  };
}

function condition(filter: PeerFilter): object {
  if (filter.kind === "chance-below") return { chance: { $lt: filter.below } };
  return { topic: { $in: filter.topics } };
}
