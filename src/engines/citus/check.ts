/**
 * What the leader compares every few seconds: whether all nodes have the same placements, and whether a
 * commit got stuck.
 */
import { isOrreryError } from "../../errors.ts";
import { type NodeRunner, rowsOrThrow } from "../../shards/node-driver.ts";
import type { Finding } from "../../topology/findings.ts";
import type { Catalog, GroupId, Node } from "../../topology/shard-map.ts";
import { CHECK_NODE, decodeNodeCheck } from "./sql/check-node.ts";

/** Citus's own number for its coordinator node's group. */
export const COORDINATOR_GROUP: GroupId = 0;

export interface CheckedNode {
  readonly node: Node;
  readonly finding: Finding | undefined;
  readonly stuckCommits: number;
}

/** Every primary, compared with the Citus coordinator node. */
export async function checkNodes(
  catalog: Catalog,
  nodes: NodeRunner,
  signal: AbortSignal,
): Promise<readonly CheckedNode[]> {
  const primaries = catalog.nodes.filter(({ role }) => role === "primary");
  const answers = await Promise.all(
    primaries.map(async (node) => {
      try {
        const rows = rowsOrThrow(await nodes.runOn(node.group, CHECK_NODE, { signal }));
        return { node, ...decodeNodeCheck(rows) };
      } catch (error) {
        if (!isOrreryError(error)) throw error;
        return { node, problem: error.message, stuckCommits: 0 };
      }
    }),
  );
  const reference = answers.find(({ node }) => node.group === COORDINATOR_GROUP);
  return answers.map((answer) => ({
    node: answer.node,
    stuckCommits: answer.stuckCommits,
    finding: findingOf(answer, reference),
  }));
}

interface Answer {
  readonly node: Node;
  readonly placementChecksum?: string;
  readonly problem?: string;
}

function findingOf(
  { node, placementChecksum, problem }: Answer,
  reference: Answer | undefined,
): Finding | undefined {
  if (problem !== undefined) return { node: node.name, problem: `does not answer: ${problem}` };
  if (reference?.placementChecksum === undefined) return undefined;
  if (placementChecksum === reference.placementChecksum) return undefined;
  return { node: node.name, problem: "places shards elsewhere than the Citus coordinator node does" };
}
