/**
 * How the index of a shard is built anew where the placement is fixed. The term is in the catalogs of another
 * node, so it is compared just before each change: what a leader of the past may still begin is a build that
 * does no harm.
 */
import { OrreryError } from "../../errors.ts";
import type { AdminQuery } from "../../shards/pg/admin-session.ts";
import type { GroupId } from "../../topology/shard-map.ts";
import { decodeCatalog, READ_CATALOG } from "../catalog.ts";
import { collectionGone } from "../collection-ddl.ts";
import type { IndexChanges } from "../placement-changes.ts";
import { findShardSize, findVectorIndex, readIndexBuild, setGraphSql } from "../vector-index.ts";
import type { FixedUpdatesDeps } from "./collection-updates.ts";
import { CATALOG_GROUP, type Query } from "./nodes.ts";
import { setSettings } from "./sql/collection-state.ts";
import { listLive } from "./sql/find-collection.ts";
import { notLeader } from "./sql/leadership.ts";

const CANCEL = `SELECT pg_cancel_backend(pid) FROM pg_stat_progress_create_index
WHERE relid = to_regclass($1) AND datname = current_database()`;

/** Its lock is exclusive, and held for a moment. */
const once = (change: string) => `DO $do$ BEGIN
  PERFORM pg_catalog.set_config('lock_timeout', '1s', true);
  ${change};
END $do$`;

export function createIndexChanges({ nodes, builds, change }: FixedUpdatesDeps): IndexChanges {
  const catalogs = (signal: AbortSignal) => nodes.queryOn(CATALOG_GROUP, signal);
  const readCatalog = async (signal: AbortSignal) => decodeCatalog(await catalogs(signal)(READ_CATALOG.text));
  const groupOf = async (name: string, signal: AbortSignal): Promise<GroupId> => {
    const node = (await readCatalog(signal)).nodes.find((other) => other.name === name);
    if (node !== undefined) return node.group;
    throw new OrreryError("NODE_NOT_FOUND", `there is no node ${JSON.stringify(name)}`);
  };
  const read = async <T>(node: string, signal: AbortSignal, use: (query: AdminQuery) => Promise<T>) =>
    use(byName(nodes.queryOn(await groupOf(node, signal), signal)));
  const checkTerm = async (term: number, signal: AbortSignal) => {
    const rows = await catalogs(signal)("SELECT FROM orrery.leadership WHERE term = $1", [term]);
    if (rows.length === 0) throw notLeader();
  };
  const runOn = async (node: string, text: string, { term, signal }: Under) => {
    const group = await groupOf(node, signal);
    await checkTerm(term, signal);
    await builds.run(group, text, signal);
  };
  return {
    readCatalog,
    async runStatement(statement, { session, term }, signal) {
      if (statement.kind !== "reindex") throw new OrreryError("BUG", `no ${statement.kind} here`);
      const group = await groupOf(statement.node, signal);
      await checkTerm(term, signal);
      await builds.run(group, `REINDEX INDEX CONCURRENTLY ${statement.index}`, signal, session);
    },
    isUnderWay: (session, signal) => builds.isUnderWay(session, signal),
    cancelStatement: ({ session, terminate }, signal) => builds.cancel({ session, terminate }, signal),
    readStatement: async () => undefined,
    indexBuild: (node, relation, signal) => read(node, signal, (query) => readIndexBuild(query, relation)),
    vectorIndex: (node, relation, signal) => read(node, signal, (query) => findVectorIndex(query, relation)),
    setGraph: ({ node, index, graph }, term, signal) =>
      runOn(node, once(setGraphSql(index, graph)), { term, signal }),
    recordGraph: ({ collection: id, shard, graph }, term, signal) =>
      change(signal, async ({ token }) => {
        await checkTerm(term, signal);
        const found = (await listLive(catalogs(signal))).find((collection) => collection.id === id);
        if (found === undefined) throw collectionGone(String(id));
        const graphs = { ...found.settings.graphs, [shard]: graph };
        await setSettings(catalogs(signal), { id, settings: { ...found.settings, graphs }, token });
      }),
    dropIndex: ({ node, index }, term, signal) =>
      runOn(node, `DROP INDEX CONCURRENTLY IF EXISTS ${index}`, { term, signal }),
    async cancelBuilds({ node, relation }, term, signal) {
      const group = await groupOf(node, signal);
      await checkTerm(term, signal);
      await nodes.queryOn(group, signal)(CANCEL, [relation]);
    },
    shardSize: (node, relation, signal) => read(node, signal, (query) => findShardSize(query, relation)),
    async analyse(node, relations, signal) {
      const group = await groupOf(node, signal);
      for (const relation of relations) await builds.run(group, `ANALYZE ${relation}`, signal);
    },
    // Who may create collections owns their indexes.
    missingRights: async () => ({ role: "", missing: [] }),
  };
}

interface Under {
  readonly term: number;
  readonly signal: AbortSignal;
}

/** Rows by column name. Of statements that read. */
function byName(query: Query): AdminQuery {
  return async (text, values = []) => {
    const rows = await query(`SELECT row_to_json(q)::text FROM (${text}) q`, values as readonly string[]);
    return rows.map(([json]) => JSON.parse(String(json)) as Record<string, unknown>);
  };
}
