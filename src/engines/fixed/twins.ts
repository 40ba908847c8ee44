/**
 * Nodes that are one server by two addresses, or a copy of another: whichever answered first would be used,
 * and records would be looked for where they are not.
 */
import { OrreryError } from "../../errors.ts";
import type { Cancellation } from "../../lib/cancellation.ts";
import {
  findTwins,
  readServerIdentity,
  type ServerIdentity,
  type Twin,
} from "../../servers/server-identity.ts";
import { isPoolerError } from "../../shards/pg/refuse-pooler.ts";
import { type FixedNode, queryOn } from "./nodes.ts";

interface IdentifiedNode {
  readonly node: FixedNode;
  readonly identity: ServerIdentity | undefined;
}

/** Of the nodes that answer: what another one is, is not known. CONFIG_INVALID for a connection pooler. */
export async function readTwins(
  nodes: readonly FixedNode[],
  signal: Cancellation,
): Promise<readonly Twin<IdentifiedNode>[]> {
  const identified = await Promise.all(
    nodes.map(async (node) => {
      const query = queryOn(node, signal);
      const identity = await readServerIdentity(async (text) => (await query(text))[0]).catch(
        (error: unknown) => {
          if (isPoolerError(error)) throw error;
          return undefined;
        },
      );
      return { node, identity };
    }),
  );
  return findTwins(identified);
}

/** `is the same database as node <name> (<setting>): configure one of them` */
export function describeTwin({ of, relation }: Twin<IdentifiedNode>): string {
  return `${relation} node ${of.node.name}${settingOf(of.node)}: ${WHAT_TO_DO}`;
}

const WHAT_TO_DO = "configure one of them; every node is a server of its own";

/** Throws CONFIG_INVALID naming two nodes of which only one may be configured. */
export async function refuseTwins(nodes: readonly FixedNode[], signal: Cancellation): Promise<void> {
  const [twin] = await readTwins(nodes, signal);
  if (twin === undefined) return;
  const { node } = twin.node;
  throw new OrreryError("CONFIG_INVALID", `node ${node.name}${settingOf(node)} ${describeTwin(twin)}`, {
    details: { metadata: { node: node.name } },
  });
}

function settingOf({ setting }: FixedNode): string {
  return setting === undefined ? "" : ` (${setting})`;
}
