/** The methods of ClusterService that plan and change the cluster. */

import { invalidField } from "../../../errors.ts";
import { toAbortSignal } from "../../../lib/cancellation.ts";
import type { ClusterAdminApi } from "../../../operations/cluster-admin-api.ts";
import type { PlanRebalanceRequestMessage } from "../../../proto/generated/orrery/v1/PlanRebalanceRequest.ts";
import type { RebalanceApi } from "../../../rebalance/api.ts";
import {
  type ChangeMessage,
  type MoveOptionsMessage,
  toChange,
  toMoveOptions,
  toNodeName,
  toShardId,
} from "../../requests/change.ts";
import type { Limits } from "../../requests/limits.ts";
import { toCollection, toNamespace } from "../../requests/names.ts";
import { toPlanRequest } from "../../requests/plan.ts";
import { toSizedText } from "../../requests/text.ts";
import { toOperationMessage } from "../../responses/operation.ts";
import { toPlanMessage } from "../../responses/plan.ts";
import { type Service, unary } from "../method.ts";

export interface ClusterChangesDeps {
  readonly clusterAdmin: ClusterAdminApi;
  readonly rebalance: RebalanceApi;
  readonly limits: Limits;
  readonly defaults: { readonly movesPerNode: number };
}

interface NodeMessage extends ChangeMessage {
  readonly node: string;
}

interface Moving {
  readonly options: MoveOptionsMessage | null;
}

const MAX_PLAN_ID_BYTES = 128;
const MAX_SPLIT_POINTS = 31;

export function clusterChanges({ clusterAdmin, rebalance, limits, defaults }: ClusterChangesDeps): Service {
  return {
    AddNode: unary({
      run: async (message: NodeMessage & { readonly standbyOfGroup?: number }, call) =>
        toOperationMessage(
          await clusterAdmin.addNode({
            ...toChange(message, call),
            node: toNodeName(message.node, "node"),
            ...(message.standbyOfGroup !== undefined && { standbyOfGroup: message.standbyOfGroup }),
          }),
        ),
      changesData: true,
    }),

    DrainNode: unary({
      run: async (message: NodeMessage & Moving, call) =>
        toOperationMessage(
          await clusterAdmin.drainNode({
            ...toChange(message, call),
            node: toNodeName(message.node, "node"),
            options: toMoveOptions(message.options, defaults),
          }),
        ),
      changesData: true,
    }),

    RestoreNode: unary({
      run: async (message: NodeMessage, call) =>
        toOperationMessage(
          await clusterAdmin.restoreNode({
            ...toChange(message, call),
            node: toNodeName(message.node, "node"),
          }),
        ),
      changesData: true,
    }),

    RemoveNode: unary({
      run: async (message: NodeMessage & { readonly force: boolean }, call) =>
        toOperationMessage(
          await clusterAdmin.removeNode({
            ...toChange(message, call),
            node: toNodeName(message.node, "node"),
            force: message.force,
          }),
        ),
      changesData: true,
    }),

    MoveShard: unary({
      run: async (
        message: ChangeMessage & Moving & { readonly shardId: string; readonly targetNode: string },
        call,
      ) =>
        toOperationMessage(
          await clusterAdmin.moveShard({
            ...toChange(message, call),
            shard: toShardId(message.shardId, "shard_id"),
            target: toNodeName(message.targetNode, "target_node"),
            options: toMoveOptions(message.options, defaults),
          }),
        ),
      changesData: true,
    }),

    SplitShard: unary({
      run: async (
        message: ChangeMessage & { readonly shardId: string; readonly splitPoints: readonly number[] },
        call,
      ) =>
        toOperationMessage(
          await clusterAdmin.splitShard({
            ...toChange(message, call),
            shard: toShardId(message.shardId, "shard_id"),
            splitPoints: toSplitPoints(message.splitPoints),
          }),
        ),
      changesData: true,
    }),

    IsolateNamespace: unary({
      run: async (
        message: ChangeMessage &
          Moving & { readonly collection: string; readonly namespace: string; readonly targetNode: string },
        call,
      ) =>
        toOperationMessage(
          await clusterAdmin.isolateNamespace({
            ...toChange(message, call),
            collection: toCollection(message.collection),
            namespace: toNamespace(message.namespace, "namespace", limits),
            ...(message.targetNode !== "" && { target: toNodeName(message.targetNode, "target_node") }),
            options: toMoveOptions(message.options, defaults),
          }),
        ),
      changesData: true,
    }),

    PlanRebalance: unary({
      run: async (message: PlanRebalanceRequestMessage, { signal }) =>
        toPlanMessage(await rebalance.plan(toPlanRequest(message), toAbortSignal(signal))),
    }),

    StartRebalance: unary({
      run: async (message: ChangeMessage & Moving & { readonly planId: string }, call) => {
        const planId = toSizedText(message.planId, "plan_id", MAX_PLAN_ID_BYTES);
        const change = toChange(message, call);
        const options = toMoveOptions(message.options, defaults);
        const { planToStart } = rebalance;
        return toOperationMessage(
          await clusterAdmin.startRebalance({ ...change, planId, planToStart, options }),
        );
      },
      changesData: true,
    }),
  };
}

function toSplitPoints(points: readonly number[]): readonly number[] {
  if (points.length > MAX_SPLIT_POINTS) {
    throw invalidField("split_points", `has ${points.length} items, at most ${MAX_SPLIT_POINTS} are allowed`);
  }
  for (const [index, point] of points.entries()) {
    const before = points[index - 1];
    if (before !== undefined && point <= before) {
      throw invalidField(`split_points[${index}]`, "must be greater than the one before");
    }
  }
  return points;
}
