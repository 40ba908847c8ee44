/** PostgreSQL's own statistics of shard tables: rows, and how they spread over shard keys. */
import type { Row, Statement } from "../statement.ts";

export interface ShardStatistics {
  readonly relation: string;
  readonly rows: number;
  /** Distinct shard keys; pg_stats' negative form (a share of the rows) already multiplied out. */
  readonly distinctKeys: number;
  /** Share of the rows by most common shard key. */
  readonly commonKeys: ReadonlyMap<string, number>;
}

/**
 * Relations that were never analysed give no row, even when building an index has counted their rows, as
 * after a move. An empty one has no statistics of its columns.
 */
export function statisticsStatement(relations: readonly string[]): Statement {
  return {
    text: `SELECT r.relation, c.reltuples::float8, s.n_distinct::float8,
  array_to_json(s.most_common_vals::text::text[])::text, array_to_json(s.most_common_freqs)::text
FROM unnest($1::text[]) AS r (relation)
JOIN pg_class c ON c.oid = to_regclass(r.relation)
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = 'shard_key'
WHERE c.reltuples = 0 OR s.n_distinct IS NOT NULL`,
    values: [relations],
    prepare: true,
  };
}

export function decodeStatistics(row: Row): ShardStatistics {
  const rows = Number(row[1]);
  const distinct = Number(row[2] ?? 0);
  const keys = JSON.parse(String(row[3] ?? "[]")) as string[];
  const shares = JSON.parse(String(row[4] ?? "[]")) as number[];
  return {
    relation: String(row[0]),
    rows,
    distinctKeys: distinct < 0 ? -distinct * rows : distinct,
    commonKeys: new Map(keys.map((key, index) => [key, shares[index] ?? 0])),
  };
}
