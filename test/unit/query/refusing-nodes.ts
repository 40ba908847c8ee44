/**
 * A cluster in memory, as the scatter sees one: nodes that answer for the shards they hold and refuse others
 * as the fence does, each by its own opinion of the collections, and the map that this coordinator goes by.
 */

import { OrreryError } from "../../../src/errors.ts";
import type { Cancellation } from "../../../src/lib/cancellation.ts";
import type { TargetPlan } from "../../../src/query/plan/target-plan.ts";
import {
  failedResult,
  type NodeRunner,
  type RunOptions,
  type StatementResult,
} from "../../../src/shards/node-driver.ts";
import type { Row, Statement } from "../../../src/shards/statement.ts";
import type { CurrentMap } from "../../../src/topology/current-map.ts";
import type { Collection, GroupId, ShardMap } from "../../../src/topology/shard-map.ts";

/** Asks these targets: a row comes back for each key asked for, or one without a key for a whole shard. */
export function askStatement(plans: readonly TargetPlan[]): Statement {
  const asked = plans.map(({ target: { shardId, shardKeys } }) => [shardId, shardKeys]);
  return { text: JSON.stringify(asked), values: [], prepare: false };
}

export interface AnswerRow {
  readonly branch: number;
  readonly shardId: number;
  readonly group: GroupId;
  readonly key: string;
}

export function decodeAnswer([branch, shardId, group, key]: Row): AnswerRow {
  return { branch: Number(branch), shardId: Number(shardId), group: Number(group), key: String(key) };
}

export class MemoryCluster implements NodeRunner, CurrentMap {
  /** The coordinator's map; a refresh lays the asked node's own opinion over it. */
  map: ShardMap;
  /** What a node does instead of answering; runs before its fence. */
  readonly interventions = new Map<GroupId, (signal: Cancellation) => Promise<void> | void>();
  readonly asked: { readonly group: GroupId; readonly shardIds: readonly number[] }[] = [];
  /** Whose each statement was. */
  readonly askedFor: Pick<RunOptions, "flow" | "shard">[] = [];
  readonly refreshedFrom: (GroupId | undefined)[] = [];
  refreshError: OrreryError | undefined;
  readonly #opinions = new Map<GroupId, readonly Collection[]>();

  /** All nodes and the coordinator are of one opinion at first. */
  constructor(groups: readonly GroupId[], ...collections: readonly Collection[]) {
    this.map = { epoch: 1, clusterId: "memory", nodes: groups.map(primary), collections };
    for (const group of groups) this.#opinions.set(group, collections);
  }

  /**
   * From now on these nodes (all, when none is named) are of this opinion. The coordinator learns nothing.
   */
  agree(collections: readonly Collection[], groups: readonly GroupId[] = [...this.#opinions.keys()]): void {
    for (const group of groups) this.#opinions.set(group, collections);
  }

  current(): ShardMap {
    return this.map;
  }

  async refresh({ from }: { readonly signal: Cancellation; readonly from?: GroupId }): Promise<ShardMap> {
    this.refreshedFrom.push(from);
    if (this.refreshError !== undefined) throw this.refreshError;
    const [anyGroup = 0] = this.#opinions.keys();
    const collections = this.#opinions.get(from ?? anyGroup) ?? [];
    this.map = { ...this.map, nodes: [...this.#opinions.keys()].map(primary), collections };
    return this.map;
  }

  refreshRarely(signal: Cancellation): Promise<ShardMap> {
    return this.refresh({ signal });
  }

  async runOn(
    group: GroupId,
    statement: Statement,
    { signal, flow, shard }: RunOptions,
  ): Promise<StatementResult> {
    this.askedFor.push({ flow, shard });
    try {
      return { rows: await this.#rowsOf(group, statement, signal), waitedMs: 0, error: undefined };
    } catch (error) {
      return failedResult(error, 0);
    }
  }

  async #rowsOf(group: GroupId, statement: Statement, signal: Cancellation): Promise<readonly Row[]> {
    const targets = JSON.parse(statement.text) as [number, readonly string[] | "all"][];
    this.asked.push({ group, shardIds: targets.map(([shardId]) => shardId) });
    await this.interventions.get(group)?.(signal);
    signal.throwIfAborted();
    if (!this.map.nodes.some((node) => node.group === group)) {
      throw new OrreryError("NODE_UNAVAILABLE", `the shard map has no primary for node group ${group}`);
    }
    const held = new Map(
      this.#opinions.get(group)?.flatMap(({ shards }) => shards.map(({ id, group: owner }) => [id, owner])),
    );
    for (const [shardId] of targets) {
      const owner = held.get(shardId);
      if (owner !== group) throw refusal(shardId, owner === undefined ? {} : { owner: String(owner) });
    }
    return targets.flatMap(([shardId, keys], branch) =>
      (keys === "all" ? [""] : keys).map((key) => [branch, shardId, group, key]),
    );
  }
}

/** As the fence refuses: `{}` when the shard is gone. */
export function refusal(shardId: number, metadata: Readonly<Record<string, string>>): OrreryError {
  const details = { metadata: { shard: String(shardId), ...metadata } };
  return new OrreryError("SHARD_MOVING", `shard ${shardId} is not here`, { details });
}

function primary(group: GroupId) {
  return { id: group, group, name: `node-${group}:5432`, role: "primary" } as const;
}
