/** Moves, splits and isolates the shard of a namespace with Citus's own functions. */
import type { CitusCluster } from "./citus-cluster.ts";
import { placementOf } from "./placements.ts";

export interface ShardMoves {
  /** The namespace's present shard, the node that holds it and a worker that does not. */
  placement(): Promise<{ readonly shard: number; readonly source: string; readonly target: string }>;
  /** Moves it to another worker, after dropping old placements that still wait for it. */
  move(mode: "block_writes" | "force_logical"): Promise<void>;
  /** Splits it in the middle of its range; both halves stay where they are. */
  split(): Promise<void>;
  isolate(): Promise<void>;
}

export function shardMoves(cluster: CitusCluster, table: string, namespace: string): ShardMoves {
  const { sql } = cluster;
  const placement = async () => {
    const { shardId, node: source } = await placementOf(cluster, namespace, table);
    const target = cluster.nodes.slice(1).find(({ name }) => name !== source);
    if (target === undefined) throw new Error("no other worker");
    return { shard: Number(shardId), source, target: target.name };
  };
  return {
    placement,
    async move(mode) {
      const { shard, source, target } = await placement();
      await sql("CALL citus_cleanup_orphaned_resources()");
      await sql("SELECT citus_move_shard_placement($1, $2, $3, $4, $5, $6::citus.shard_transfer_mode)", [
        shard,
        ...address(source),
        ...address(target),
        mode,
      ]);
    },
    async split() {
      const { shard } = await placement();
      const [row] = await sql(
        `SELECT ((shardminvalue::bigint + shardmaxvalue::bigint) / 2)::text AS middle, nodeid
FROM pg_dist_shard JOIN pg_dist_placement USING (shardid) JOIN pg_dist_node USING (groupid) WHERE shardid = $1`,
        [shard],
      );
      await sql(
        "SELECT citus_split_shard_by_split_points($1, ARRAY[$2::text], ARRAY[$3::int, $3::int], 'block_writes')",
        [shard, String(row?.middle), Number(row?.nodeid)],
      );
    },
    async isolate() {
      await sql("SELECT isolate_tenant_to_new_shard($1::regclass, $2::text, 'CASCADE', 'block_writes')", [
        table,
        namespace,
      ]);
    },
  };
}

function address(node: string): [host: string, port: number] {
  const at = node.lastIndexOf(":");
  return [node.slice(0, at), Number(node.slice(at + 1))];
}
