/** The methods of ClusterService that plan and change the cluster. */

import { FieldChecks } from "../../errors.ts";
import { toAbortSignal } from "../../lib/cancellation.ts";
import { addNode } from "../../operations/changes/add-node.ts";
import type { ChangeDefinition } from "../../operations/changes/change-definition.ts";
import { drainNode } from "../../operations/changes/drain-node.ts";
import { isolateNamespace } from "../../operations/changes/isolate-namespace.ts";
import { moveShard } from "../../operations/changes/move-shard.ts";
import { rebalance as rebalanceChange } from "../../operations/changes/rebalance.ts";
import { reindexShard } from "../../operations/changes/reindex-shard.ts";
import { removeNode } from "../../operations/changes/remove-node.ts";
import { restoreNode } from "../../operations/changes/restore-node.ts";
import { splitShard } from "../../operations/changes/split-shard.ts";
import type { ClusterAdminApi } from "../../operations/cluster-admin-api.ts";
import type { AddNodeRequestMessage } from "../../proto/generated/orrery/v1/AddNodeRequest.ts";
import type { DrainNodeRequestMessage } from "../../proto/generated/orrery/v1/DrainNodeRequest.ts";
import type { IsolateNamespaceRequestMessage } from "../../proto/generated/orrery/v1/IsolateNamespaceRequest.ts";
import type { MoveShardRequestMessage } from "../../proto/generated/orrery/v1/MoveShardRequest.ts";
import type { PlanRebalanceRequestMessage } from "../../proto/generated/orrery/v1/PlanRebalanceRequest.ts";
import type { ReindexShardRequestMessage } from "../../proto/generated/orrery/v1/ReindexShardRequest.ts";
import type { RemoveNodeRequestMessage } from "../../proto/generated/orrery/v1/RemoveNodeRequest.ts";
import type { RestoreNodeRequestMessage } from "../../proto/generated/orrery/v1/RestoreNodeRequest.ts";
import type { SplitShardRequestMessage } from "../../proto/generated/orrery/v1/SplitShardRequest.ts";
import type { StartRebalanceRequestMessage } from "../../proto/generated/orrery/v1/StartRebalanceRequest.ts";
import type { RebalanceApi } from "../../rebalance/api.ts";
import {
  type ChangeMessage,
  toChange,
  toMoveOptions,
  toNodeName,
  toShardId,
  toSplitPoints,
  toTargetNodes,
} from "../requests/change.ts";
import type { Limits } from "../requests/limits.ts";
import { toCollection, toNamespace } from "../requests/names.ts";
import { toNumberIn } from "../requests/numbers.ts";
import { toPlanRequest } from "../requests/plan.ts";
import { toSizedText } from "../requests/text.ts";
import { toOperationMessage } from "../responses/operation.ts";
import { toPlanMessage } from "../responses/plan.ts";
import { type Method, type Service, unary } from "./method.ts";

export interface ChangeMethodsDeps {
  readonly clusterAdmin: ClusterAdminApi;
  readonly rebalance: RebalanceApi;
  readonly limits: Limits;
  readonly defaults: { readonly movesPerNode: number };
}

const MAX_PLAN_ID_BYTES = 128;

export function changeMethods({ clusterAdmin, rebalance, limits, defaults }: ChangeMethodsDeps): Service {
  const change = <Spec, Message extends ChangeMessage>(
    definition: ChangeDefinition<Spec>,
    toSpec: (message: Message, checks: FieldChecks) => Spec,
  ): Method =>
    unary({
      async run(message: Message, call) {
        const checks = new FieldChecks();
        const request = checks.of(toChange, message, call.caller);
        const spec = toSpec(message, checks);
        checks.done();
        return toOperationMessage(await clusterAdmin.begin(definition, spec, request));
      },
      changesData: true,
    });

  return {
    AddNode: change(addNode, ({ node, standbyOfGroup }: AddNodeRequestMessage, checks) => ({
      node: checks.of(toNodeName, node, "node"),
      ...(standbyOfGroup !== undefined && { standbyOfGroup }),
    })),

    DrainNode: change(drainNode, ({ node, options }: DrainNodeRequestMessage, checks) => ({
      node: checks.of(toNodeName, node, "node"),
      options: checks.of(toMoveOptions, options, defaults),
    })),

    RestoreNode: change(restoreNode, ({ node }: RestoreNodeRequestMessage, checks) => ({
      node: checks.of(toNodeName, node, "node"),
    })),

    RemoveNode: change(removeNode, ({ node, force }: RemoveNodeRequestMessage, checks) => ({
      node: checks.of(toNodeName, node, "node"),
      force,
    })),

    MoveShard: change(moveShard, ({ shardId, targetNode, options }: MoveShardRequestMessage, checks) => ({
      shard: checks.of(toShardId, shardId, "shard_id"),
      target: checks.of(toNodeName, targetNode, "target_node"),
      options: checks.of(toMoveOptions, options, defaults),
    })),

    SplitShard: change(
      splitShard,
      ({ shardId, splitPoints, targetNodes, options }: SplitShardRequestMessage, checks) => ({
        shard: checks.of(toShardId, shardId, "shard_id"),
        splitPoints: checks.of(toSplitPoints, splitPoints, "split_points"),
        targets: checks.of(toTargetNodes, targetNodes, "target_nodes"),
        options: checks.of(toMoveOptions, options, defaults),
      }),
    ),

    ReindexShard: change(
      reindexShard,
      ({ shardId, m, efConstruction }: ReindexShardRequestMessage, checks) => ({
        shard: checks.of(toShardId, shardId, "shard_id"),
        ...(m !== undefined && { m: checks.of(toNumberIn, m, "m", 2, 100) }),
        ...(efConstruction !== undefined && {
          efConstruction: checks.of(toNumberIn, efConstruction, "ef_construction", 4, 1000),
        }),
      }),
    ),

    IsolateNamespace: change(
      isolateNamespace,
      ({ collection, namespace, targetNode, options }: IsolateNamespaceRequestMessage, checks) => ({
        collection: checks.of(toCollection, collection),
        namespace: checks.of(toNamespace, namespace, "namespace", limits),
        ...(targetNode !== "" && { target: checks.of(toNodeName, targetNode, "target_node") }),
        options: checks.of(toMoveOptions, options, defaults),
      }),
    ),

    PlanRebalance: unary({
      run: async (message: PlanRebalanceRequestMessage, { signal }) =>
        toPlanMessage(await rebalance.plan(toPlanRequest(message), toAbortSignal(signal))),
    }),

    StartRebalance: change(rebalanceChange, ({ planId, options }: StartRebalanceRequestMessage, checks) => ({
      planId: checks.of(toSizedText, planId, "plan_id", MAX_PLAN_ID_BYTES),
      options: checks.of(toMoveOptions, options, defaults),
    })),
  };
}
