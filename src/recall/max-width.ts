/** pgvector's limit of `hnsw.ef_search`. */
export const MAX_WIDTH = 1000;
