/** Statistics for shards that have none: Citus does not analyse the target of a move, split or isolation. */
import { isOrreryError } from "../../errors.ts";
import { type AdminOptions, type AdminQuery, withAdminSession } from "../../shards/pg/admin-session.ts";
import { fromPgError } from "../../shards/pg-errors.ts";
import type { Catalog, GroupId } from "../../topology/shard-map.ts";

/** Shards with rows that nobody has analysed yet. */
const NEVER_ANALYSED = `SELECT c.oid::regclass::text AS relation
FROM unnest($1::text[]) AS r (relation) JOIN pg_class c ON c.oid = to_regclass(r.relation)
WHERE pg_relation_size(c.oid) > 0
  AND pg_stat_get_last_analyze_time(c.oid) IS NULL AND pg_stat_get_last_autoanalyze_time(c.oid) IS NULL`;

/**
 * One that somebody else works on, building an index for one, has its turn the next time: the leader looks at
 * more than this.
 */
const LOCK_MS = 1_000;

export interface AnalyseOptions {
  readonly catalog: Catalog;
  /** Names the relation of a shard. */
  readonly relationOf: (collection: Catalog["collections"][number], shard: number) => string;
  readonly adminOf: (node: string) => AdminOptions;
}

/**
 * Analyses them, node by node; a node that does not answer has its turn the next time. Returns the relations
 * analysed.
 */
export async function analyseNewShards(
  { catalog, relationOf, adminOf }: AnalyseOptions,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const analysed: string[] = [];
  for (const { name, group, role } of catalog.nodes) {
    const relations = role === "primary" ? relationsOn(catalog, group, relationOf) : [];
    if (relations.length === 0) continue;
    try {
      analysed.push(
        ...(await withAdminSession(adminOf(name), signal, (query) => analyse(query, name, relations))),
      );
    } catch (error) {
      signal.throwIfAborted();
      if (!isOrreryError(error)) throw error;
    }
  }
  return analysed;
}

function relationsOn(
  catalog: Catalog,
  group: GroupId,
  relationOf: AnalyseOptions["relationOf"],
): readonly string[] {
  return catalog.collections.flatMap((collection) =>
    collection.shards.filter((shard) => shard.group === group).map(({ id }) => relationOf(collection, id)),
  );
}

async function analyse(
  query: AdminQuery,
  node: string,
  relations: readonly string[],
): Promise<readonly string[]> {
  // Citus hides shards from catalog queries.
  await query("SET citus.override_table_visibility TO off");
  const found = (await query(NEVER_ANALYSED, [relations])).map(({ relation }) => String(relation));
  await query(`SET lock_timeout TO ${LOCK_MS}`);
  const analysed: string[] = [];
  for (const relation of found) {
    try {
      // regclass prints names quoted as they must be.
      await query(`ANALYZE ${relation}`);
      analysed.push(relation);
    } catch (error) {
      if (fromPgError(error, { node, write: false, sent: true }).code !== "STATEMENT_CONFLICT") throw error;
    }
  }
  return analysed;
}
