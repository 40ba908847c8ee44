/** PostgreSQL's statistics of shards: how many rows, how they spread over shard keys, tags and time. */
import type { Row, Statement } from "../statement.ts";

export interface ShardStatistics {
  readonly relation: string;
  readonly rows: number;
  /** Distinct shard keys; pg_stats' negative form (a share of the rows) already multiplied out. */
  readonly distinctKeys: number;
  /** Share of the rows by most common shard key. */
  readonly commonKeys: ReadonlyMap<string, number>;
  /** Undefined where no row has a tag. */
  readonly tags?: TagStatistics | undefined;
  /** Microseconds since 1970, ascending: between two of them lie equally many rows. Undefined: not known. */
  readonly createdAtUs?: readonly number[] | undefined;
}

export interface TagStatistics {
  /** Share of the rows by most common tag. */
  readonly common: ReadonlyMap<string, number>;
  /** Of any other tag, at most. */
  readonly leastShare: number;
}

/** Of a thousand that PostgreSQL keeps; every shard has its own. */
const MOST_TAGS = 100;

/**
 * Relations that were never analysed give no row, even when building an index has counted their rows, as
 * after a move. An empty one has no statistics of its columns.
 */
export function statisticsStatement(relations: readonly string[]): Statement {
  return {
    text: `SELECT r.relation, c.reltuples::float8, s.n_distinct::float8,
  array_to_json(s.most_common_vals::text::text[])::text, array_to_json(s.most_common_freqs)::text,
  array_to_json((t.most_common_elems::text::text[])[:cardinality(t.most_common_elem_freqs)])::text,
  array_to_json(t.most_common_elem_freqs)::text,
  (SELECT json_agg(extract(epoch FROM b) * 1000000)::text
    FROM unnest(created.histogram_bounds::text::timestamptz[]) b)
FROM unnest($1::text[]) AS r (relation)
JOIN pg_class c ON c.oid = to_regclass(r.relation)
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = 'shard_key'
LEFT JOIN pg_stats t ON t.schemaname = n.nspname AND t.tablename = c.relname AND t.attname = 'tags'
LEFT JOIN pg_stats created
  ON created.schemaname = n.nspname AND created.tablename = c.relname AND created.attname = 'created_at'
WHERE c.reltuples = 0 OR s.n_distinct IS NOT NULL`,
    values: [relations],
    prepare: true,
  };
}

export function decodeStatistics(row: Row): ShardStatistics {
  const rows = Number(row[1]);
  const distinct = Number(row[2] ?? 0);
  const keys = listOf<string>(row[3]);
  const shares = listOf<number>(row[4]);
  const createdAtUs = listOf<number>(row[7]);
  return {
    relation: String(row[0]),
    rows,
    distinctKeys: distinct < 0 ? -distinct * rows : distinct,
    commonKeys: new Map(keys.map((key, index) => [key, shares[index] ?? 0])),
    tags: tagsOf(listOf(row[5]), listOf(row[6])),
    createdAtUs: createdAtUs.length < 2 ? undefined : createdAtUs,
  };
}

/** `shares`: of each tag, then the least and the largest of them and the share of NULL. */
function tagsOf(tags: readonly string[], shares: readonly number[]): TagStatistics | undefined {
  if (tags.length === 0) return undefined;
  const sorted = tags
    .map((tag, index) => [tag, shares[index] ?? 0] as const)
    .sort((a, b) => b[1] - a[1])
    .slice(0, MOST_TAGS);
  return { common: new Map(sorted), leastShare: sorted.at(-1)?.[1] ?? 0 };
}

function listOf<T>(json: Row[number] | undefined): readonly T[] {
  return JSON.parse(String(json ?? "[]")) as readonly T[];
}
