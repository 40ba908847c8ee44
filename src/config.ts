/**
 * Configuration: `orrery.yaml` < environment < flags, one schema. The only file that reads `process.env`.
 *
 * A setting's environment name is `ORRERY_` + its path with `_` (`rpc.listen` is `ORRERY_RPC_LISTEN`); a secret may
 * also come from a file named by the same variable + `_FILE`. Unknown keys are errors; all problems are reported at
 * once; the result is frozen.
 */
import { readFileSync } from "node:fs";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { OrreryError } from "./errors.ts";
import { deepFreeze } from "./lib/deep-freeze.ts";

const text = z.string().min(1);
const milliseconds = z.coerce.number().int().min(1);
const count = z.coerce.number().int().min(1);
const listenAddress = text.regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, "must be host:port");
const memorySize = text.regex(/^\d+(kB|MB|GB)$/, "must be a PostgreSQL memory size such as 64MB");

/** A list given as YAML sequence or, in the environment, separated by commas. */
const list = z.preprocess(
  (value) => (typeof value === "string" ? value.split(",").map((part) => part.trim()).filter((part) => part !== "") : value),
  z.array(text),
);

/** `name=address,name=address` in the environment, a mapping in YAML. */
const addresses = z.preprocess((value) => {
  if (typeof value !== "string") return value;
  return Object.fromEntries(value.split(",").filter((pair) => pair !== "").map((pair) => {
    const at = pair.indexOf("=");
    return at < 0 ? [pair.trim(), ""] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  }));
}, z.record(text, text));

const flag = z.preprocess((value) => (value === "true" ? true : value === "false" ? false : value), z.boolean());

export const configSchema = z.strictObject({
  engine: z.enum(["embedded", "postgres", "citus"]).default("embedded").describe("What stores the data."),
  citus: z.strictObject({
    url: text.optional().describe("postgres:// URL of the Citus coordinator node, for reads, writes and the map. Secret."),
    adminUrl: text.optional().describe("The same as a role that may create tables and migrate. Default: citus.url. Secret."),
  }).prefault({}),
  postgres: z.strictObject({
    urls: list.default([]).describe("postgres:// URLs of the nodes of the `postgres` engine. Secret."),
  }).prefault({}),
  embedded: z.strictObject({
    nodes: count.max(16).default(2).describe("PGlite nodes to run in this process."),
    data: text.optional().describe("Folder that keeps their data. Unset: in memory, gone at exit."),
  }).prefault({}),
  pool: z.strictObject({
    max: count.max(1000).default(10).describe("Connections per node."),
    queue: count.max(100_000).default(1000).describe("Requests that may wait for a connection, per node. More are refused with RESOURCE_EXHAUSTED."),
    maxLifetimeMs: milliseconds.default(1_800_000).describe("Age at which a connection is replaced, less up to a tenth."),
    connectTimeoutMs: milliseconds.default(5_000).describe("Limit for opening a connection."),
    statementTimeoutMs: milliseconds.default(60_000).describe("The server's own limit for a statement, should a cancel get lost."),
    workMem: memorySize.default("64MB").describe("work_mem of the connections; iterative index scans stop at a multiple of it."),
    maxScanTuples: count.default(100_000).describe("hnsw.max_scan_tuples of the connections."),
  }).prefault({}),
  node: z.strictObject({
    addresses: addresses.default({}).describe("Citus's node name -> where this coordinator reaches it, host:port each."),
  }).prefault({}),
  etcd: z.strictObject({
    endpoints: list.default([]).describe("etcd URLs. Empty: the map is kept in memory, for a single coordinator."),
    prefix: text.regex(/^\/[^\s]*[^/\s]$/, "must start with / and not end with it").default("/orrery").describe("Prefix of the keys."),
    username: text.optional().describe("etcd user."),
    password: text.optional().describe("Its password. Secret."),
  }).prefault({}),
  rpc: z.strictObject({
    listen: listenAddress.default("127.0.0.1:50051").describe("Where gRPC listens."),
    advertise: listenAddress.optional().describe("Address other coordinators and admins see. Default: the bound address."),
    maxMessageBytes: count.max(1 << 30).default(16 * 1024 * 1024).describe("Largest message taken."),
    defaultDeadlineMs: milliseconds.default(10_000).describe("Deadline of calls that set none."),
    maxDeadlineMs: milliseconds.default(60_000).describe("Longest deadline granted."),
    drainTimeoutMs: milliseconds.default(20_000).describe("Time that calls under way get at shutdown."),
    reflection: flag.default(true).describe("Serve gRPC reflection."),
  }).prefault({}),
  http: z.strictObject({
    listen: listenAddress.default("127.0.0.1:8080").describe("Where /metrics, /livez and /readyz listen."),
  }).prefault({}),
  log: z.strictObject({
    level: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info").describe("Least level logged."),
  }).prefault({}),
  limits: z.strictObject({
    namespaceBytes: count.max(255).default(255).describe("Longest namespace, UTF-8 bytes."),
    keyBytes: count.max(1024).default(1024).describe("Longest key, UTF-8 bytes."),
    topK: count.max(1000).default(1000).describe("Largest top_k."),
    namespacesPerRequest: count.max(10_000).default(1000).describe("Namespaces in one request."),
    recordsPerRequest: count.max(10_000).default(1000).describe("Records in one request."),
    searchesPerBatch: count.max(1000).default(100).describe("Searches in one SearchBatch."),
    metadataBytes: count.default(64 * 1024).describe("Longest metadata as JSON text."),
    valueBytes: count.default(1024 * 1024).describe("Longest value, UTF-8 bytes."),
    tags: count.default(64).describe("Tags per record."),
  }).prefault({}),
  query: z.strictObject({
    exactMaxRows: z.coerce.number().int().min(0).default(1000).describe("Up to this many estimated rows a search compares them all instead of using the index."),
    efSearch: count.max(1000).default(100).describe("hnsw.ef_search where the request sets none; never less than the candidates asked for."),
    branchesPerStatement: count.max(1000).default(64).describe("Shards asked in one statement."),
    exactCountMaxRows: z.coerce.number().int().min(0).default(5_000_000).describe("Up to this many estimated rows Count of all namespaces counts; above it estimates."),
    statisticsIntervalMs: milliseconds.default(30_000).describe("How often row estimates are read."),
  }).prefault({}),
  collection: z.strictObject({
    shards: count.max(1024).optional().describe("Shards of a new collection that names no number. Default: 32 with citus, 2 per node otherwise."),
    defaultDimension: count.max(2000).default(384).describe("Dimension of `memory_entries`, created by migrate."),
  }).prefault({}),
  topology: z.strictObject({
    publishIntervalMs: milliseconds.default(1_000).describe("How often the leader reads the catalogs."),
    reconcileIntervalMs: milliseconds.default(30_000).describe("How often every coordinator lists the map again, watch or not."),
    rebuildIntervalMs: milliseconds.default(10_000).describe("How often the catalogs are read while etcd is unreachable."),
    checkIntervalMs: milliseconds.default(10_000).describe("How often the leader compares the nodes' metadata."),
    leaseTtlSeconds: z.coerce.number().int().min(2).max(300).default(10).describe("Lease of the leader and of the coordinators' keys."),
  }).prefault({}),
});

export type Config = z.output<typeof configSchema>;

/** Paths of settings that may hold passwords: printed as `***`, and readable from `..._FILE`. */
export const SECRET_PATHS: readonly string[] = ["citus.url", "citus.adminUrl", "postgres.urls", "etcd.password"];

export interface ConfigSources {
  /** Path of orrery.yaml; undefined: `ORRERY_CONFIG`, else `orrery.yaml` in the working folder if there is one. */
  readonly file?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Flags by path: `{ "rpc.listen": "0.0.0.0:50051" }`. */
  readonly flags?: Readonly<Record<string, string>>;
}

/** Throws CONFIG_INVALID naming every wrong setting. */
export function loadConfig(sources: ConfigSources = {}): Config {
  void readFileSync;
  void parseYaml;
  void sources;
  const parsed = configSchema.safeParse({});
  if (!parsed.success) throw new OrreryError("CONFIG_INVALID", z.prettifyError(parsed.error));
  return deepFreeze(parsed.data);
}
