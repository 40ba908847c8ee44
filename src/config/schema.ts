/**
 * Every setting: its type, limits, default and meaning. docs/configuration.md, the names of the environment
 * variables and the JSON schema are made from this.
 */
import { z } from "zod";
import { collectors, metrics } from "./sections/observability.ts";
import {
  count,
  countOrZero,
  hostPort,
  httpUrl,
  memorySize,
  milliseconds,
  postgresUrl,
  section,
  text,
} from "./values.ts";

// A check across sections is made even when other settings are wrong, so that all problems are told at once.
const always = () => true;

export const configSchema = z
  .strictObject({
    engine: z.enum(["embedded", "postgres", "citus"]).default("embedded").describe("What stores the data."),
    citus: section({
      url: postgresUrl
        .optional()
        .describe("postgres:// URL of the Citus coordinator node, for reads, writes and the map."),
      adminUrl: postgresUrl
        .optional()
        .describe("The same as a role that may create tables and migrate. Default: citus.url."),
    }),
    postgres: section({
      urls: z
        .array(postgresUrl)
        .default([])
        .describe("postgres:// URLs of the nodes of the `postgres` engine."),
    }),
    embedded: section({
      nodes: count.max(16).default(2).describe("PGlite nodes to run in this process."),
      data: text.optional().describe("Folder that keeps their data. Unset: in memory, gone at exit."),
    }),
    pool: section({
      max: count.max(1000).default(10).describe("Connections per node."),
      queue: count
        .max(100_000)
        .default(1000)
        .describe(
          "Requests that may wait for a connection, per node. More are refused with RESOURCE_EXHAUSTED.",
        ),
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
      maxScanTuples: count.default(100_000).describe("hnsw.max_scan_tuples of the connections."),
    }),
    node: section({
      addresses: z
        .record(text, hostPort)
        .default({})
        .describe("Citus's node name -> where this coordinator reaches it, host:port each."),
    }),
    etcd: section({
      endpoints: z
        .array(httpUrl)
        .default([])
        .describe("etcd URLs. Empty: the map is kept in memory, for a single coordinator."),
      prefix: text
        .regex(/^\/[^\s]*[^/\s]$/, "must start with / and not end with it")
        .default("/orrery")
        .describe("Prefix of the keys."),
      username: text.optional().describe("etcd user."),
      password: text.optional().describe("Its password."),
    }),
    rpc: section({
      listen: hostPort.default("127.0.0.1:50051").describe("Where gRPC listens."),
      advertise: hostPort
        .optional()
        .describe("Address other coordinators and admins see. Default: the bound address."),
      maxMessageBytes: count
        .max(1 << 30)
        .default(16 * 1024 * 1024)
        .describe("Largest message taken."),
      defaultDeadlineMs: milliseconds.default(10_000).describe("Deadline of calls that set none."),
      maxDeadlineMs: milliseconds.default(60_000).describe("Longest deadline granted."),
      maxConnectionAgeMs: milliseconds
        .optional()
        .describe(
          "Age, give or take a tenth, at which a client is told to connect anew, so that a load balancer can send it to a coordinator that was added; calls under way go on. Unset: never.",
        ),
      drainTimeoutMs: milliseconds.default(20_000).describe("Time that calls under way get at shutdown."),
      promptTrailers: z
        .boolean()
        .default(true)
        .describe(
          "Send the status of an answer with its message, by a private step of Node's HTTP/2. false: a turn of the event loop later, as Node does by itself.",
        ),
      reflection: z.boolean().default(true).describe("Serve gRPC reflection."),
    }),
    http: section({
      listen: hostPort.default("127.0.0.1:8080").describe("Where /metrics, /livez and /readyz listen."),
    }),
    log: section({
      level: z
        .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
        .default("info")
        .describe("Least level logged."),
      slowQueryMs: milliseconds
        .default(1_000)
        .describe("Searches that take at least this long are logged with their plan and timings."),
    }),
    metrics,
    limits: section({
      namespaceBytes: count.max(255).default(255).describe("Longest namespace, UTF-8 bytes."),
      keyBytes: count.max(1024).default(1024).describe("Longest key, UTF-8 bytes."),
      topK: count.max(1000).default(1000).describe("Largest top_k."),
      namespacesPerRequest: count.max(10_000).default(1000).describe("Namespaces in one request."),
      recordsPerRequest: count.max(10_000).default(1000).describe("Records in one request."),
      searchesPerBatch: count.max(1000).default(100).describe("Searches in one SearchBatch."),
      metadataBytes: count.default(64 * 1024).describe("Longest metadata as JSON text."),
      valueBytes: count.default(1024 * 1024).describe("Longest value, UTF-8 bytes."),
      tags: count.default(64).describe("Tags per record."),
    }),
    query: section({
      exactMaxRows: countOrZero
        .default(1000)
        .describe("Up to this many estimated rows a search compares them all instead of using the index."),
      efSearch: count
        .max(1000)
        .default(100)
        .describe("hnsw.ef_search where the request sets none; never less than the candidates asked for."),
      branchesPerStatement: count.max(1000).default(64).describe("Shards asked in one statement."),
      exactCountMaxRows: countOrZero
        .default(5_000_000)
        .describe("Up to this many estimated rows Count of all namespaces counts; above it estimates."),
      statisticsIntervalMs: milliseconds.default(30_000).describe("How often row estimates are read."),
    }),
    collectors,
    collection: section({
      shards: count
        .max(1024)
        .optional()
        .describe(
          "Shards of a new collection that names no number. Default: 32 with citus, 2 per node otherwise.",
        ),
      defaultDimension: count
        .max(2000)
        .default(384)
        .describe("Dimension of `memory_entries`, created by migrate."),
    }),
    topology: section({
      publishIntervalMs: milliseconds.default(1_000).describe("How often the leader reads the catalogs."),
      reconcileIntervalMs: milliseconds
        .default(30_000)
        .describe("How often every coordinator lists the map again, watch or not."),
      rebuildIntervalMs: milliseconds
        .default(10_000)
        .describe("How often the catalogs are read while etcd is unreachable."),
      checkIntervalMs: milliseconds
        .default(10_000)
        .describe("How often the leader compares the nodes' metadata."),
      leaseTtlSeconds: z
        .int()
        .min(2)
        .max(300)
        .default(10)
        .describe("Lease of the leader and of the coordinators' keys."),
    }),
    rebalance: section({
      strategy: z
        .enum(["by_disk_size", "by_shard_count", "by_row_count", "by_load"])
        .default("by_disk_size")
        .describe("What is balanced over the nodes when nobody says otherwise."),
      threshold: z
        .number()
        .min(0)
        .max(10)
        .default(0.2)
        .describe("Imbalance, max / mean - 1 over the nodes, up to which nothing is moved."),
      movesPerNode: count.max(16).default(1).describe("Moves that may touch one node at the same time."),
      indexWorkers: countOrZero
        .max(64)
        .default(0)
        .describe(
          "Parallel workers that the target of a move, split or isolation uses for each build of an index. More end it sooner and take more cores from searches.",
        ),
      maxLagBytes: countOrZero
        .default(256 * 1024 * 1024)
        .describe(
          "No new move starts while a standby, or a move under way, is further behind its node than this, or nobody can say. 0: no limit.",
        ),
      maxSearchP95Ms: milliseconds
        .optional()
        .describe(
          "No new move starts while searches take longer than this at p95, or nobody can say. Unset: no limit.",
        ),
      schedule: text
        .optional()
        .describe(
          "Cron expression, UTC, at which the leader plans and, if it is worth it, rebalances. Unset: never.",
        ),
      window: text
        .regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/, "must be HH:MM-HH:MM")
        .optional()
        .describe("Time of day, UTC, in which scheduled rebalances may start moves. Unset: always."),
    }),
  })
  .refine(({ engine, citus }) => engine !== "citus" || citus?.url !== undefined, {
    path: ["citus", "url"],
    message: "is needed by engine citus",
    when: always,
  })
  .refine(({ engine, postgres }) => engine !== "postgres" || postgres?.urls?.length !== 0, {
    path: ["postgres", "urls"],
    message: "needs at least one for engine postgres",
    when: always,
  })
  .refine(({ engine, etcd }) => engine !== "embedded" || etcd?.endpoints?.length === 0, {
    path: ["etcd", "endpoints"],
    message: "cannot be used by engine embedded, whose nodes live in this process alone",
    when: always,
  });

export type Config = z.output<typeof configSchema>;

/**
 * Settings that may hold passwords: printed masked, and readable from a file named by their variable +
 * `_FILE`.
 */
export const SECRET_PATHS: readonly string[] = [
  "citus.url",
  "citus.adminUrl",
  "postgres.urls",
  "etcd.password",
];

/** The whole schema as JSON schema, for editors and for the documentation. */
export function configJsonSchema(): JsonSchema {
  return z.toJSONSchema(configSchema, { io: "input" }) as JsonSchema;
}

export interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly description?: string;
}

/** One setting, as users meet it. */
export interface Setting {
  /** Its place in the file: `pool.max`. */
  readonly path: string;
  /** `ORRERY_POOL_MAX`. */
  readonly variable: string;
  readonly secret: boolean;
  readonly schema: JsonSchema;
}

/** All settings in the order of the schema. */
export function settings(
  schema: JsonSchema = configJsonSchema(),
  parents: readonly string[] = [],
): readonly Setting[] {
  if (schema.properties !== undefined) {
    return Object.entries(schema.properties).flatMap(([name, part]) => settings(part, [...parents, name]));
  }
  const path = parents.join(".");
  const variable = `ORRERY_${path.replaceAll(/[A-Z]/g, "_$&").replaceAll(".", "_").toUpperCase()}`;
  return [{ path, variable, secret: SECRET_PATHS.includes(path), schema }];
}
