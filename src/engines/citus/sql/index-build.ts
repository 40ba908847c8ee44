/** How far the builds of a shard's indexes are. Run on the node that builds. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";

const BUILDS = `SELECT sum(blocks_done) AS done, sum(blocks_total) AS total
FROM pg_stat_progress_create_index WHERE relid = to_regclass($1)`;

/** 0 to 1 over all builds of indexes of the relation; undefined when none runs. */
export async function readIndexBuild(query: AdminQuery, relation: string): Promise<number | undefined> {
  const [row] = await query(BUILDS, [relation]);
  if (row?.total === null || row?.total === undefined) return undefined;
  return Number(row.total) === 0 ? 0 : Number(row.done) / Number(row.total);
}
