/** The text of each statement that may run for hours; a row comes back only under the term. */
import type { LongStatement } from "../../placement-changes.ts";
import { qualified } from "../schema.ts";
import type { FencedStatement } from "./fenced.ts";

export function longStatement(statement: LongStatement): FencedStatement {
  switch (statement.kind) {
    case "move":
      return {
        text: `SELECT citus_move_shard_placement($2::bigint, $3::int, $4::int, $5)
FROM orrery.leadership WHERE term = $1`,
        values: [
          statement.shard,
          statement.source,
          statement.target,
          statement.blockWrites ? "block_writes" : "force_logical",
        ],
      };
    case "split":
      return {
        text: `SELECT citus_split_shard_by_split_points($2::bigint, $3::text[], $4::int[], 'force_logical')
FROM orrery.leadership WHERE term = $1`,
        values: [
          statement.shard,
          statement.points.map(String),
          [...statement.points, 0].map(() => statement.node),
        ],
      };
    case "isolate":
      return {
        text: `SELECT isolate_tenant_to_new_shard($2::regclass, $3::text, 'CASCADE', 'force_logical')
FROM orrery.leadership WHERE term = $1`,
        values: [qualified(statement.table), statement.shardKey],
      };
    case "copy reference tables":
      return {
        text: "SELECT replicate_reference_tables('force_logical') FROM orrery.leadership WHERE term = $1",
      };
  }
}
