/** What a user does without Orrery: SQL through the Citus coordinator node, with `pg`. */
import pg from "pg";
import { encodeVector } from "../../src/shards/vector-codec.ts";
import type { Driver } from "./driver.ts";
import type { DriverSpec, Query, WriteBatch } from "./job.ts";

type SearchSpec = Extract<DriverSpec, { kind: "citus-search" }>;
type UpsertSpec = Extract<DriverSpec, { kind: "citus-upsert" }>;

export async function citusSearch(
  { url, table, topK, vectors, prepared }: SearchSpec,
  clients: number,
): Promise<Driver<Query>> {
  const connections = await connect(url, clients);
  const encode = vectors === "text" ? vectorText : encodeVector;
  return {
    async ask({ vector, namespaces }, client) {
      const scope = scopes[Math.min(namespaces.length, 2)] as Scope;
      const { rows } = await connectionOf(connections, client).query({
        ...(prepared ? { name: `search_${scope.name}` } : {}),
        text: `SELECT namespace, key, value, tags, embedding <=> $1 AS distance FROM ${table} ${scope.where}
ORDER BY embedding <=> $1 LIMIT ${topK}`,
        values: [encode(vector), ...scope.values(namespaces)],
      });
      return rows.map(({ key }) => key as string);
    },
    close: () => disconnect(connections),
  };
}

export async function citusUpsert({ url, table }: UpsertSpec, clients: number): Promise<Driver<WriteBatch>> {
  const connections = await connect(url, clients);
  return {
    async ask({ namespace, records }, client) {
      const rows = records.map(
        (_, i) => `($1, $1, $${2 * i + 2}, $${2 * i + 2}, '{}', '{}', $${2 * i + 3}, now(), now(), 1)`,
      );
      await connectionOf(connections, client).query({
        name: `upsert_${records.length}`,
        text: `INSERT INTO ${table} AS t (shard_key, namespace, key, value, metadata, tags, embedding, created_at, updated_at, version)
VALUES ${rows.join(", ")}
ON CONFLICT (shard_key, key) DO UPDATE SET value = EXCLUDED.value, embedding = EXCLUDED.embedding,
  updated_at = EXCLUDED.updated_at, version = t.version + 1`,
        values: [namespace, ...records.flatMap(({ key, vector }) => [key, encodeVector(vector)])],
      });
      return records.map(({ key }) => key);
    },
    close: () => disconnect(connections),
  };
}

interface Scope {
  readonly name: string;
  readonly where: string;
  values(namespaces: readonly string[]): unknown[];
}

/** By number of namespaces: none (all), one, several. */
const scopes: readonly Scope[] = [
  { name: "all", where: "", values: () => [] },
  { name: "one", where: "WHERE shard_key = $2", values: ([namespace]) => [namespace] },
  { name: "several", where: "WHERE shard_key = ANY($2)", values: (namespaces) => [[...namespaces]] },
];

/**
 * As `toSql` of the `pgvector` package, of numbers as an embedding service would send them: the shortest
 * decimals that name the same float32. Printing the float32s as doubles would make the text twice as long.
 */
function vectorText(vector: Float32Array): string {
  return JSON.stringify(shortest(vector));
}

const shortNumbers = new WeakMap<Float32Array, readonly number[]>();

function shortest(vector: Float32Array): readonly number[] {
  const known = shortNumbers.get(vector);
  if (known !== undefined) return known;
  const numbers = Array.from(vector, (value) => {
    for (let digits = 6; digits < 9; digits++) {
      const short = Number(value.toPrecision(digits));
      if (Math.fround(short) === value) return short;
    }
    return Number(value.toPrecision(9));
  });
  shortNumbers.set(vector, numbers);
  return numbers;
}

async function connect(url: string, count: number): Promise<readonly pg.Client[]> {
  const connections = Array.from({ length: count }, () => new pg.Client({ connectionString: url }));
  await Promise.all(connections.map((connection) => connection.connect()));
  return connections;
}

function connectionOf(connections: readonly pg.Client[], client: number): pg.Client {
  return connections[client] as pg.Client;
}

async function disconnect(connections: readonly pg.Client[]): Promise<void> {
  await Promise.all(connections.map((connection) => connection.end()));
}
