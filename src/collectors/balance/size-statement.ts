/** Sizes of shards, and the memory of the node that holds them. */
import { NODE_MEMORY, type NodeMemory } from "../../servers/node-memory.ts";
import type { Row, Statement } from "../../shards/statement.ts";

export interface RelationSize {
  readonly relation: string;
  /** With indexes and TOAST. */
  readonly bytes: number;
  /** Of its valid HNSW indexes: those still being built, or whose build failed, serve no search. */
  readonly indexBytes: number;
  /** Live rows as the statistics collector counts them; the planner's estimate where that count was lost. */
  readonly rows: number;
  /** Names of its HNSW indexes' files; every build changes them. */
  readonly indexFiles: string;
}

/**
 * A relation that does not exist gives no row.
 *
 * The count of live rows starts from zero after a crash, a promotion or a reset of the statistics. Until the
 * table is vacuumed or analysed again, the planner's estimate may be the better one.
 */
export function sizeStatement(relations: readonly string[]): Statement {
  return {
    text: `SELECT r.relation, pg_total_relation_size(c.oid), coalesce(i.bytes, 0)::int8,
  CASE WHEN coalesce(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid),
      pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid)) IS NULL
    THEN greatest(pg_stat_get_live_tuples(c.oid), c.reltuples, 0) ELSE pg_stat_get_live_tuples(c.oid) END::float8,
  coalesce(i.files, ''), (SELECT ${NODE_MEMORY})
FROM unnest($1::text[]) AS r (relation)
JOIN pg_class c ON c.oid = to_regclass(r.relation)
LEFT JOIN LATERAL (
  SELECT sum(pg_relation_size(x.oid)) AS bytes, string_agg(x.relfilenode::text, ',' ORDER BY x.oid) AS files
  FROM pg_index p JOIN pg_class x ON x.oid = p.indexrelid JOIN pg_am a ON a.oid = x.relam
  WHERE p.indrelid = c.oid AND p.indisvalid AND a.amname = 'hnsw') i ON true`,
    values: [relations],
    prepare: true,
  };
}

export function decodeSize([relation, bytes, indexBytes, rows, indexFiles]: Row): RelationSize {
  return {
    relation: String(relation),
    bytes: Number(bytes),
    indexBytes: Number(indexBytes),
    rows: Number(rows),
    indexFiles: String(indexFiles),
  };
}

/** undefined when none of the relations exists. */
export function decodeMemory([first]: readonly Row[]): NodeMemory | undefined {
  const text = first?.at(-1);
  return typeof text === "string" ? (JSON.parse(text) as NodeMemory) : undefined;
}
