import { count, section } from "../values.ts";

/** How large requests may be. */
export const limits = section({
  namespaceBytes: count.max(255).default(255).describe("Longest namespace, UTF-8 bytes."),
  keyBytes: count.max(1024).default(1024).describe("Longest key, UTF-8 bytes."),
  topK: count.max(1000).default(1000).describe("Largest top_k."),
  namespacesPerRequest: count.max(10_000).default(1000).describe("Namespaces in one request."),
  recordsPerRequest: count.max(10_000).default(1000).describe("Records in one request."),
  pageBytes: count
    .default(4_000_000)
    .describe(
      "Bytes before which a page of List ends, whatever its page_size, unless it has one record only. gRPC clients take 4,194,304 by default.",
    ),
  searchesPerBatch: count.max(1000).default(100).describe("Searches in one SearchBatch."),
  metadataBytes: count.default(64 * 1024).describe("Longest metadata as JSON text."),
  valueBytes: count.default(1024 * 1024).describe("Longest value, UTF-8 bytes."),
  tags: count.default(64).describe("Tags per record."),
});
