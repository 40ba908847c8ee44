/** Statistics for shards that have none: Citus does not analyse the target of a move, split or isolation. */
import { isOrreryError } from "../../errors.ts";
import { type AdminOptions, type AdminQuery, withAdminSession } from "../../shards/pg/admin-session.ts";
import { fromPgError } from "../../shards/pg-errors.ts";
import type { Catalog, GroupId } from "../../topology/shard-map.ts";
import { analyseRelation, findNeverAnalysed } from "./sql/analyse.ts";
import { showShards } from "./sql/show-shards.ts";

/** A shard that is locked, while an index is built for one, is left to the next check. */
const LOCK_MS = 1_000;

export interface AnalyseOptions {
  readonly catalog: Catalog;
  /** Names the relation of a shard. */
  readonly relationOf: (collection: Catalog["collections"][number], shard: number) => string;
  readonly adminOf: (node: string) => AdminOptions;
}

/**
 * Analyses them, node by node; a node that does not answer is left to the next check. Returns the relations
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
  await showShards(query);
  const found = await findNeverAnalysed(query, relations);
  await query(`SET lock_timeout TO ${LOCK_MS}`);
  const analysed: string[] = [];
  for (const relation of found) {
    try {
      await analyseRelation(query, relation);
      analysed.push(relation);
    } catch (error) {
      if (fromPgError(error, { node, write: false, sent: true }).code !== "LOCK_TIMEOUT") throw error;
    }
  }
  return analysed;
}
