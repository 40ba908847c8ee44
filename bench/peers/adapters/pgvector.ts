/** A table of PostgreSQL with pgvector's index, by SQL, as an application would have it. */
import pg from "pg";
import { encodeVector } from "../../../src/shards/vector-codec.ts";
import type { TopicRecord } from "../../../test/support/topics.ts";
import { PEER_TOP_K, type PeerFilter } from "../../data/peer-data.ts";
import { type Adapter, type AdapterSpec, BUILD_WIDTH, LINKS } from "../adapter.ts";

const BATCH = 250;

export async function openPgvector(spec: Extract<AdapterSpec, { kind: "pgvector" }>): Promise<Adapter> {
  const { table } = spec;
  const connections = Array.from({ length: spec.clients }, () => new pg.Client(spec.url));
  await Promise.all(connections.map((connection) => connection.connect()));
  const [first] = connections as [pg.Client];
  await first.query(`DROP TABLE IF EXISTS ${table}`);
  await first.query(
    `CREATE TABLE ${table} (key text PRIMARY KEY, embedding vector(${spec.dimension}), chance float8, topic int)`,
  );
  let isIndexed = false;
  return {
    async write(records) {
      for (let at = 0; at < records.length; at += BATCH) {
        const batch = records.slice(at, at + BATCH);
        await first.query({ text: upsertText(table, batch.length), values: batch.flatMap(valuesOf) });
      }
    },
    async finish() {
      if (!isIndexed) {
        await first.query("SET maintenance_work_mem = '512MB'");
        await first.query(
          `CREATE INDEX ON ${table} USING hnsw (embedding vector_cosine_ops) WITH (m = ${LINKS}, ef_construction = ${BUILD_WIDTH})`,
        );
        await first.query(`CREATE INDEX ON ${table} (chance)`);
        await first.query(`CREATE INDEX ON ${table} (topic)`);
        isIndexed = true;
      }
      await first.query(`VACUUM ANALYZE ${table}`);
    },
    async setWidth(width) {
      const settings = `SET hnsw.ef_search = ${width}; SET hnsw.iterative_scan = relaxed_order`;
      await Promise.all(connections.map((connection) => connection.query(settings)));
    },
    async search({ vector, filter }, client) {
      const { rows } = await (connections[client] as pg.Client).query<[string]>({
        // A plan for any value would be a bad one for a filter, so those are planned each time.
        ...(filter === undefined && { name: "nearest" }),
        text: `SELECT key FROM ${table} ${filter === undefined ? "" : `WHERE ${condition(filter)}`} ORDER BY embedding <=> $1 LIMIT ${PEER_TOP_K}`,
        values: [encodeVector(vector), ...(filter === undefined ? [] : [operand(filter)])],
        rowMode: "array",
      });
      return rows.map(([key]) => key);
    },
    async close() {
      await Promise.all(connections.map((connection) => connection.end()));
    },
  };
}

function upsertText(table: string, count: number): string {
  const rows = Array.from(
    { length: count },
    (_, i) => `($${4 * i + 1}, $${4 * i + 2}, $${4 * i + 3}, $${4 * i + 4})`,
  );
  return `INSERT INTO ${table} VALUES ${rows.join(", ")} ON CONFLICT (key) DO UPDATE SET embedding = excluded.embedding, chance = excluded.chance, topic = excluded.topic`;
}

function valuesOf({ key, vector, chance, topic }: TopicRecord): readonly unknown[] {
  return [key, encodeVector(vector), chance, topic];
}

function condition(filter: PeerFilter): string {
  return filter.kind === "chance-below" ? "chance < $2" : "topic = ANY($2)";
}

function operand(filter: PeerFilter): unknown {
  return filter.kind === "chance-below" ? filter.below : filter.topics;
}
