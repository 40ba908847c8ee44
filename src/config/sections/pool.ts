import { byteCount, count, countOrZero, memorySize, milliseconds, section, share } from "../values.ts";

/** Connections to the nodes, and what statements run with. */
export const pool = section({
  max: count
    .max(1000)
    .default(10)
    .describe("Connections per node for requests; two more serve pings, statistics and catalogs."),
  readShare: share
    .default(0.8)
    .describe("Of `pool.max`, how much reads together may hold. The rest is there for writes."),
  writeShare: share
    .default(0.5)
    .describe("Of `pool.max`, how much writes together may hold. The rest is there for reads."),
  namespaceShare: share
    .default(0.5)
    .describe(
      "Of what reads or writes may hold, how much a namespace gets that is alone, or searches of all namespaces of a collection. In general it may hold share / (1 - share) times as many connections as are free. 1: any number.",
    ),
  shardShare: share.default(0.5).describe("The same for one shard."),
  queue: count
    .max(100_000)
    .default(1000)
    .describe(
      "Reads that may wait for a connection, per node, and as many writes. More are refused with RESOURCE_EXHAUSTED, those of the namespace that has the most waiting first.",
    ),
  queueBytes: byteCount
    .default(64 * 1024 * 1024)
    .describe("Bytes of values that waiting reads may hold, per node, and as many those of writes."),
  maxLifetimeMs: milliseconds
    .default(1_800_000)
    .describe("Age at which a connection is replaced, less up to a tenth."),
  maxUses: countOrZero
    .default(0)
    .describe(
      "Statements after which a connection is replaced, less up to a tenth, so that the memory of its server process starts anew. 0: never.",
    ),
  connectTimeoutMs: milliseconds.default(5_000).describe("Limit for opening a connection."),
  statementTimeoutMs: milliseconds
    .default(60_000)
    .describe("The server's own limit for a statement, should a cancel get lost."),
  lockTimeoutMs: countOrZero
    .max(2 ** 31 - 1)
    .default(500)
    .describe(
      "How long a statement waits for a lock before it gives its connection to others and waits for another turn, in milliseconds. 0: until its deadline.",
    ),
  workMem: memorySize
    .default("64MB")
    .describe("work_mem of the connections; iterative index scans stop at a multiple of it."),
  preparedStatements: count
    .max(10_000)
    .default(250)
    .describe(
      "Statements that a connection keeps prepared, which takes about 72 KB each on the server; the one not used for longest makes room.",
    ),
  maxScanTuples: count
    .max(2 ** 31 - 1)
    .default(100_000)
    .describe("hnsw.max_scan_tuples of the connections."),
});
