/** Systems inside of the asking process. */
import { installPackage } from "../install-package.ts";
import type { PeerDefinition } from "../peer.ts";
import { serverFolder } from "../server-process.ts";

const NOBODY = { coordinators: [], postgres: [] };
/** Newer ones have no programs for other platforms in their lists, which some registries then refuse. */
const LANCEDB = { name: "@lancedb/lancedb", version: "0.31.0" };
const HNSWLIB = { name: "hnswlib-node", version: "3.0.0" };
const USEARCH = { name: "usearch", version: "2.26.2" };

export const lancedb: PeerDefinition = {
  id: "lancedb",
  place: "embedded",
  async open({ dimension, capacity, clients }) {
    const modules = await installPackage(LANCEDB);
    return {
      name: `LanceDB ${LANCEDB.version}, HNSW_SQ`,
      spec: { kind: "lancedb", modules, folder: serverFolder(), dimension, capacity, clients },
      watched: NOBODY,
    };
  },
};

export const hnswlib: PeerDefinition = {
  id: "hnswlib",
  place: "library",
  async open({ dimension, capacity, clients }) {
    const modules = await installPackage(HNSWLIB);
    return {
      name: `hnswlib-node ${HNSWLIB.version}`,
      spec: { kind: "hnswlib", modules, dimension, capacity, clients },
      watched: NOBODY,
    };
  },
};

export const usearch: PeerDefinition = {
  id: "usearch",
  place: "library",
  hasFilters: false,
  async open({ dimension, capacity, clients }) {
    const modules = await installPackage(USEARCH);
    return {
      name: `usearch ${USEARCH.version}`,
      spec: { kind: "usearch", modules, folder: serverFolder(), dimension, capacity, clients },
      watched: NOBODY,
    };
  },
};
