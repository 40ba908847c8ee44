import { count, memorySize, milliseconds, section } from "../values.ts";

/** Connections to the nodes, and what statements run with. */
export const pool = section({
  max: count.max(1000).default(10).describe("Connections per node."),
  queue: count
    .max(100_000)
    .default(1000)
    .describe("Requests that may wait for a connection, per node. More are refused with RESOURCE_EXHAUSTED."),
  maxLifetimeMs: milliseconds
    .default(1_800_000)
    .describe("Age at which a connection is replaced, less up to a tenth."),
  connectTimeoutMs: milliseconds.default(5_000).describe("Limit for opening a connection."),
  statementTimeoutMs: milliseconds
    .default(60_000)
    .describe("The server's own limit for a statement, should a cancel get lost."),
  workMem: memorySize
    .default("64MB")
    .describe("work_mem of the connections; iterative index scans stop at a multiple of it."),
  maxScanTuples: count
    .max(2 ** 31 - 1)
    .default(100_000)
    .describe("hnsw.max_scan_tuples of the connections."),
});
