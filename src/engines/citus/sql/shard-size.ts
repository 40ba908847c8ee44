/** Size and rows of one shard, on the node that holds it. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import type { ShardSize } from "../../placement-changes.ts";
import { showShards } from "./show-shards.ts";

const SIZE = `SELECT coalesce(pg_total_relation_size(oid), 0) AS bytes, coalesce(pg_indexes_size(oid), 0) AS index_bytes,
  greatest(reltuples, 0)::bigint AS rows
FROM pg_class WHERE oid = to_regclass($1)`;

/** `relation`: quoted, with schema. Zeros for a table that is not there. */
export async function readShardSize(query: AdminQuery, relation: string): Promise<ShardSize> {
  await showShards(query);
  const [row] = await query(SIZE, [relation]);
  return {
    bytes: Number(row?.bytes ?? 0),
    indexBytes: Number(row?.index_bytes ?? 0),
    rows: Number(row?.rows ?? 0),
  };
}
