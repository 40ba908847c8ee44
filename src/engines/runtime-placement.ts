/** What an engine adds that places shards while it runs, and not once when their collection is created. */

import type { ClusterReading } from "../rebalance/cluster-inventory.ts";
import type { PlanStore } from "../rebalance/planner.ts";
import type { CandidateFacts } from "../servers/server-facts.ts";
import type { Row, Statement } from "../shards/statement.ts";
import type { GroupId } from "../topology/shard-map.ts";
import type { PlacementChanges } from "./placement-changes.ts";

export interface RuntimePlacement {
  readonly changes: PlacementChanges;
  readonly facts: PlacementFacts;
  /**
   * Sizes, settings, disks and pins. A node that does not answer is in the result without settings and
   * without its shard groups; NODE_UNAVAILABLE when the coordinator node of the cluster does not.
   */
  readCluster(signal: AbortSignal): Promise<ClusterReading>;
  /**
   * The pins alone; none on a schema that has no table for them. NODE_UNAVAILABLE when the coordinator node
   * of the cluster does not answer.
   */
  readPins(signal: AbortSignal): Promise<ClusterReading["pins"]>;
  /** Plans by id. */
  readonly plans: PlanStore;
}

/** What is so for every cluster of the engine. */
export interface PlacementFacts {
  /** The node group whose primary coordinates the cluster and knows what the others need not know. */
  readonly coordinatorGroup: GroupId;
  /** Node groups that shards may be placed on, asked of that primary. */
  readonly placeableGroups: {
    readonly statement: Statement;
    readonly decode: (rows: readonly Row[]) => readonly GroupId[];
  };
  /** Expressions in SQL for the disk of the node that evaluates them, in bytes. */
  readonly diskSql: { readonly freeBytes: string; readonly totalBytes: string };
  /** Whether pieces of a shard group may be made on its own node while records are updated and deleted. */
  readonly splitsInPlace: boolean;
  /** Why Orrery's role there may not add nodes, a sentence; undefined when it may. Pure. */
  whyNoNodeIsAdded(coordinator: CandidateFacts): string | undefined;
}
