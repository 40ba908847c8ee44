/**
 * The configured nodes by node group. A node is known by the identity stored in it, never by its place in a
 * list.
 */

import { OrreryError } from "../../errors.ts";
import type { Cancellation } from "../../lib/cancellation.ts";
import { type NodeDriver, rowsOrThrow } from "../../shards/node-driver.ts";
import type { Row, StatementValue } from "../../shards/statement.ts";
import type { GroupId } from "../../topology/shard-map.ts";

export interface FixedNode {
  /** `host:port`, or what else an admin knows the node by. */
  readonly name: string;
  /** Where it is configured, for messages: `postgres.urls[1]`. */
  readonly setting?: string;
  /**
   * Does not verify who the node is when it connects: that is found out here, also before the first
   * migration.
   */
  readonly driver: NodeDriver;
}

/** Runs one statement. Errors as NodeDriver.run. */
export type Query = (text: string, values?: readonly StatementValue[]) => Promise<readonly Row[]>;

/** The node group with the catalogs. */
export const CATALOG_GROUP: GroupId = 1;

export class FixedNodes<N extends FixedNode = FixedNode> {
  /** In any order; the first one gets the catalogs when the cluster is new. */
  readonly all: readonly N[];
  readonly #byGroup = new Map<GroupId, N>();

  constructor(nodes: readonly N[]) {
    this.all = nodes;
  }

  /**
   * Statements on the node of a group. NODE_UNAVAILABLE when no configured node that answers says it is
   * `group`.
   */
  queryOn(group: GroupId, signal: Cancellation): Query {
    return async (text, values) => queryOn(await this.nodeOf(group, signal), signal)(text, values);
  }

  /**
   * The configured node that says it is `group`. NODE_UNAVAILABLE when none does; CONFIG_INVALID when all
   * have said that they are of another group.
   */
  async nodeOf(group: GroupId, signal: Cancellation): Promise<N> {
    return this.#byGroup.get(group) ?? (await this.#find(group, signal));
  }

  /** Asks the nodes that have not said who they are; returns as soon as the one wanted has. */
  async #find(group: GroupId, signal: Cancellation): Promise<N> {
    const known = new Set(this.#byGroup.values());
    const asked = this.all
      .filter((node) => !known.has(node))
      .map((node) => this.#expect(node, group, signal));
    try {
      return await Promise.any(asked);
    } catch (error) {
      signal.throwIfAborted();
      const { errors } = error as AggregateError;
      // Why a node does not answer matters more than that another one is of another group.
      const cause: OrreryError | undefined = errors.find((reason) => reason instanceof OrreryError);
      if (cause?.code === "NODE_NOT_MIGRATED") throw cause;
      if (cause === undefined) throw notConfigured(group);
      throw new OrreryError("NODE_UNAVAILABLE", `no configured node that answers is node group ${group}`, {
        cause,
        details: { metadata: { group: String(group) } },
      });
    }
  }

  async #expect(node: N, wanted: GroupId, signal: Cancellation): Promise<N> {
    const [row] = await queryOn(node, signal)("SELECT group_id FROM orrery.hello()");
    const group = row?.[0];
    if (typeof group === "number") this.#byGroup.set(group, node);
    if (group !== wanted) throw new Error(`node ${node.name} is node group ${group}`);
    return node;
  }
}

function notConfigured(group: GroupId): OrreryError {
  return new OrreryError(
    "CONFIG_INVALID",
    `node group ${group} of the cluster is not configured: configure its node again or, if it holds nothing, run \`orrery migrate\` without it`,
    { details: { metadata: { group: String(group) } } },
  );
}

/**
 * Statements of the engine on one node, each in its own transaction. Every step of the engine may be
 * repeated, so one that may or may not have been applied is a plain failure: `write` stays unset.
 */
export function queryOn({ driver }: FixedNode, signal: Cancellation): Query {
  return async (text, values = []) =>
    rowsOrThrow(await driver.run({ text, values, prepare: false }, { signal }));
}
