/** Node groups that shards may be placed on, as the Citus coordinator node has it. */
import type { Row, Statement } from "../../../shards/statement.ts";

export const PLACEABLE_GROUPS: Statement = {
  text: "SELECT DISTINCT groupid FROM pg_dist_node WHERE isactive AND noderole = 'primary' AND shouldhaveshards",
  values: [],
  prepare: true,
};

export function decodeGroups(rows: readonly Row[]): readonly number[] {
  return rows.map(([group]) => Number(group));
}
