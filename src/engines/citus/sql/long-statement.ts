/** The text of each statement that may run for hours; a row comes back only under the term. */
import type { LongStatement } from "../../placement-changes.ts";
import type { FencedStatement } from "./fenced.ts";

export function longStatement(statement: Exclude<LongStatement, { kind: "reindex" }>): FencedStatement {
  switch (statement.kind) {
    case "move":
      return {
        text: `SELECT citus_move_shard_placement($2::bigint, $3::int, $4::int, $5)
FROM orrery.leadership WHERE term = $1`,
        values: [statement.shard, statement.source, statement.target, transferMode(statement.blockWrites)],
      };
    case "split":
      return {
        text: `SELECT citus_split_shard_by_split_points($2::bigint, $3::text[], $4::int[], $5)
FROM orrery.leadership WHERE term = $1`,
        values: [
          statement.shard,
          statement.points.map(String),
          statement.nodes,
          transferMode(statement.blockWrites),
        ],
      };
    case "copy reference tables":
      return {
        text: "SELECT replicate_reference_tables('force_logical') FROM orrery.leadership WHERE term = $1",
      };
  }
}

function transferMode(blockWrites: boolean): string {
  return blockWrites ? "block_writes" : "force_logical";
}
