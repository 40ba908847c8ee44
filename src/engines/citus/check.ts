/**
 * What the leader looks at every few seconds: do all nodes know the same placements, did a commit get stuck?
 */
import { isOrreryError } from "../../errors.ts";
import { type NodeRunner, rowsOrThrow } from "../../shards/node-driver.ts";
import type { Statement } from "../../shards/statement.ts";
import type { Catalog, Node } from "../../topology/shard-map.ts";
import type { Finding } from "../engine.ts";

/**
 * Checksum of (shard, group), and how many of Citus's commits have been prepared for more than five seconds.
 */
const LOOK: Statement = {
  text: `SELECT
  (SELECT md5(coalesce(string_agg(concat(shardid, ':', groupid), ',' ORDER BY shardid, groupid), '')) FROM pg_dist_placement),
  (SELECT count(*) FROM pg_prepared_xacts WHERE gid LIKE 'citus\\_%' AND database = current_database()
     AND prepared < now() - interval '5 seconds')`,
  values: [],
  prepare: true,
};

export interface NodeLook {
  readonly node: Node;
  readonly finding: Finding | undefined;
  readonly stuckCommits: number;
}

/** Looks at every primary; `reference` is the node group of the Citus coordinator. */
export async function lookAtNodes(
  catalog: Catalog,
  nodes: NodeRunner,
  signal: AbortSignal,
): Promise<readonly NodeLook[]> {
  const primaries = catalog.nodes.filter(({ role }) => role === "primary");
  const looks = await Promise.all(
    primaries.map(async (node) => {
      try {
        const [row] = rowsOrThrow(await nodes.runOn(node.group, LOOK, { signal }));
        return { node, checksum: String(row?.[0]), stuckCommits: Number(row?.[1] ?? 0) };
      } catch (error) {
        if (!isOrreryError(error)) throw error;
        return { node, problem: error.message, stuckCommits: 0 };
      }
    }),
  );
  const reference = looks.find(({ node }) => node.group === COORDINATOR_GROUP);
  return looks.map((look) => ({ ...look, finding: findingOf(look, reference) }));
}

/** Citus's own number for its coordinator node's group. */
export const COORDINATOR_GROUP = 0;

interface Look {
  readonly node: Node;
  readonly checksum?: string;
  readonly problem?: string;
}

function findingOf({ node, checksum, problem }: Look, reference: Look | undefined): Finding | undefined {
  if (problem !== undefined) return { node: node.name, problem: `does not answer: ${problem}` };
  if (reference?.checksum === undefined || checksum === reference.checksum) return undefined;
  return { node: node.name, problem: "places shards elsewhere than the Citus coordinator node does" };
}
