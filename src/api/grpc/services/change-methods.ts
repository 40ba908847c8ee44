/** The methods of ClusterService that plan and change the cluster. */

import { toAbortSignal } from "../../../lib/cancellation.ts";
import { addNode } from "../../../operations/changes/add-node.ts";
import type { ChangeDefinition } from "../../../operations/changes/change-definition.ts";
import { drainNode } from "../../../operations/changes/drain-node.ts";
import { isolateNamespace } from "../../../operations/changes/isolate-namespace.ts";
import { moveShard } from "../../../operations/changes/move-shard.ts";
import { rebalance as rebalanceChange } from "../../../operations/changes/rebalance.ts";
import { removeNode } from "../../../operations/changes/remove-node.ts";
import { restoreNode } from "../../../operations/changes/restore-node.ts";
import { splitShard } from "../../../operations/changes/split-shard.ts";
import type { ClusterAdminApi } from "../../../operations/cluster-admin-api.ts";
import type { RebalanceApi } from "../../../rebalance/api.ts";
import {
  type ChangeMessage,
  type MoveOptionsMessage,
  toChange,
  toMoveOptions,
  toNodeName,
  toShardId,
  toSplitPoints,
} from "../../requests/change.ts";
import type { Limits } from "../../requests/limits.ts";
import { toCollection, toNamespace } from "../../requests/names.ts";
import { type PlanRebalanceMessage, toPlanRequest } from "../../requests/plan.ts";
import { toSizedText } from "../../requests/text.ts";
import { toOperationMessage } from "../../responses/operation.ts";
import { toPlanMessage } from "../../responses/plan.ts";
import { callerOf } from "../caller.ts";
import { type Method, type Service, unary } from "../method.ts";

export interface ChangeMethodsDeps {
  readonly clusterAdmin: ClusterAdminApi;
  readonly rebalance: RebalanceApi;
  readonly limits: Limits;
  readonly defaults: { readonly movesPerNode: number };
}

interface Moving {
  readonly options: MoveOptionsMessage | null;
}

const MAX_PLAN_ID_BYTES = 128;

export function changeMethods({ clusterAdmin, rebalance, limits, defaults }: ChangeMethodsDeps): Service {
  const change = <Spec, Message>(
    definition: ChangeDefinition<Spec>,
    toSpec: (message: Message) => Spec,
  ): Method =>
    unary({
      async run(message: Message & ChangeMessage, call) {
        const request = toChange(message, callerOf(call));
        return toOperationMessage(await clusterAdmin.begin(definition, toSpec(message), request));
      },
      changesData: true,
    });

  return {
    AddNode: change(
      addNode,
      ({ node, standby_of_group }: { readonly node: string; readonly standby_of_group?: number }) => ({
        node: toNodeName(node, "node"),
        ...(standby_of_group !== undefined && { standbyOfGroup: standby_of_group }),
      }),
    ),

    DrainNode: change(drainNode, ({ node, options }: { readonly node: string } & Moving) => ({
      node: toNodeName(node, "node"),
      options: toMoveOptions(options, defaults),
    })),

    RestoreNode: change(restoreNode, ({ node }: { readonly node: string }) => ({
      node: toNodeName(node, "node"),
    })),

    RemoveNode: change(removeNode, ({ node, force }: { readonly node: string; readonly force: boolean }) => ({
      node: toNodeName(node, "node"),
      force,
    })),

    MoveShard: change(
      moveShard,
      (message: Moving & { readonly shard_id: string; readonly target_node: string }) => ({
        shard: toShardId(message.shard_id, "shard_id"),
        target: toNodeName(message.target_node, "target_node"),
        options: toMoveOptions(message.options, defaults),
      }),
    ),

    SplitShard: change(
      splitShard,
      (message: { readonly shard_id: string; readonly split_points: readonly number[] }) => ({
        shard: toShardId(message.shard_id, "shard_id"),
        splitPoints: toSplitPoints(message.split_points, "split_points"),
      }),
    ),

    IsolateNamespace: change(
      isolateNamespace,
      (
        message: Moving & {
          readonly collection: string;
          readonly namespace: string;
          readonly target_node: string;
        },
      ) => ({
        collection: toCollection(message.collection),
        namespace: toNamespace(message.namespace, "namespace", limits),
        ...(message.target_node !== "" && { target: toNodeName(message.target_node, "target_node") }),
        options: toMoveOptions(message.options, defaults),
      }),
    ),

    PlanRebalance: unary({
      run: async (message: PlanRebalanceMessage, { signal }) =>
        toPlanMessage(await rebalance.plan(toPlanRequest(message), toAbortSignal(signal))),
    }),

    StartRebalance: change(
      rebalanceChange,
      ({ plan_id, options }: Moving & { readonly plan_id: string }) => ({
        planId: toSizedText(plan_id, "plan_id", MAX_PLAN_ID_BYTES),
        options: toMoveOptions(options, defaults),
      }),
    ),
  };
}
