/**
 * The shards that a node says it holds; the node with the catalogs has those of all nodes in the same table.
 */
import type { Shard } from "../../../topology/shard-map.ts";
import type { Query } from "../nodes.ts";

const INSERT = `INSERT INTO orrery.shards (shard_id, collection_id, hash_min, hash_max, group_id)
SELECT id, $1, min, max, group_id FROM unnest($2::int8[], $3::int[], $4::int[], $5::int[]) AS s (id, min, max, group_id)`;

const DELETE = "DELETE FROM orrery.shards WHERE collection_id = $1";

const HELD = "SELECT shard_id FROM orrery.shards JOIN orrery.node USING (group_id) ORDER BY shard_id";

/** On a node without the catalogs. */
export async function insertShards(
  query: Query,
  collection: number,
  shards: readonly Shard[],
): Promise<void> {
  await query(INSERT, [
    collection,
    shards.map(({ id }) => id),
    shards.map(({ min }) => min),
    shards.map(({ max }) => max),
    shards.map(({ group }) => group),
  ]);
}

/** On a node without the catalogs. */
export async function deleteShards(query: Query, collection: number): Promise<void> {
  await query(DELETE, [collection]);
}

/** Ascending. */
export async function readHeldShards(query: Query): Promise<readonly number[]> {
  return (await query(HELD)).map(([id]) => Number(id));
}
