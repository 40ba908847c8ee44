/** pgvector without Orrery: SQL on the node that holds the shard, as an application would send it. */
import pg from "pg";
import { Parameters } from "../../src/shards/sql/branch.ts";
import { indexedDistance } from "../../src/shards/sql/distance.ts";
import { type Filter, filterCondition } from "../../src/shards/sql/filter.ts";
import type { StatementValue } from "../../src/shards/statement.ts";
import { encodeVector } from "../../src/shards/vector-codec.ts";
import type { Quantization } from "../../src/topology/shard-map.ts";
import type { BenchCluster } from "../setup/cluster.ts";

export interface PlainQuery {
  readonly query: Float32Array;
  readonly filter: Filter | undefined;
  readonly namespace: string | undefined;
  readonly topK: number;
  /** Of the session. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface PlainSql {
  /** Keys, the nearest first. */
  nearest(asked: PlainQuery): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** A lossy index gives so many candidates, as a multiple of what is wanted. */
const OVERSAMPLING: Readonly<Record<Quantization, number>> = { none: 1, half: 1, binary: 8 };

export async function openPlainSql(
  cluster: BenchCluster,
  owner: { readonly url: string; readonly shard: string },
  collection: string,
): Promise<PlainSql> {
  const [row] = await cluster.sql("SELECT quantization FROM orrery.collections WHERE name = $1", [
    collection,
  ]);
  const quantization = row?.quantization as Quantization;
  const client = new pg.Client({ connectionString: owner.url });
  await client.connect();
  await client.query("SET jit = off; SET work_mem = '64MB'; SET max_parallel_workers_per_gather = 0");
  let present = "";
  return {
    async nearest({ query, filter, namespace, topK, settings }) {
      const wanted = Object.entries(settings)
        .map(([name, value]) => `SET ${name} = '${value}'`)
        .join("; ");
      if (wanted !== present) await client.query(wanted);
      present = wanted;
      const parameters = new Parameters();
      const vector = parameters.add(query, "vector");
      const conditions = [
        ...(namespace === undefined ? [] : [`shard_key = ${parameters.add(namespace, "text")}`]),
        ...(filter === undefined ? [] : [filterCondition(filter, parameters)]),
      ];
      const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
      const distance = indexedDistance({ metric: "cosine", quantization, dimension: query.length }, vector);
      const text = `SELECT key FROM (SELECT key, embedding FROM ${owner.shard} ${where}
ORDER BY ${distance} LIMIT ${topK * OVERSAMPLING[quantization]}) c ORDER BY embedding <=> ${vector} LIMIT ${topK}`;
      const { rows } = await client.query(text, parameters.values.map(bound));
      return rows.map(({ key }) => String(key));
    },
    close: () => client.end(),
  };
}

function bound(value: StatementValue): unknown {
  return value instanceof Float32Array ? encodeVector(value) : value;
}
