/** Statistics of shards, on the node that holds them. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";

const NEVER_ANALYSED = `SELECT c.oid::regclass::text AS relation
FROM unnest($1::text[]) AS r (relation) JOIN pg_class c ON c.oid = to_regclass(r.relation)
WHERE pg_relation_size(c.oid) > 0
  AND pg_stat_get_last_analyze_time(c.oid) IS NULL AND pg_stat_get_last_autoanalyze_time(c.oid) IS NULL`;

/** Those of the relations that have rows and were never analysed, quoted as they must be. */
export async function findNeverAnalysed(
  query: AdminQuery,
  relations: readonly string[],
): Promise<readonly string[]> {
  // regclass prints names quoted.
  return (await query(NEVER_ANALYSED, [relations])).map(({ relation }) => String(relation));
}

/** Relations quoted, with schema; one that is gone is left out. */
export async function analyseRelations(query: AdminQuery, relations: readonly string[]): Promise<void> {
  for (const relation of relations) {
    const [row] = await query("SELECT to_regclass($1) IS NOT NULL AS present", [relation]);
    if (row?.present === true) await analyseRelation(query, relation);
  }
}

/** `relation`: quoted, with schema. */
export async function analyseRelation(query: AdminQuery, relation: string): Promise<void> {
  await query(`ANALYZE ${relation}`);
}
