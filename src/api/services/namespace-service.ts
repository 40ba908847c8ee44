import { FieldChecks, invalidField, isOrreryError } from "../../errors.ts";
import { type Cancellation, toAbortSignal } from "../../lib/cancellation.ts";
import { pinNamespace } from "../../operations/changes/pin-namespace.ts";
import type { ClusterAdminApi } from "../../operations/cluster-admin-api.ts";
import type { AdminApi } from "../../operations/types.ts";
import type { DeleteNamespaceRequestMessage } from "../../proto/generated/orrery/v1/DeleteNamespaceRequest.ts";
import type { GetNamespaceRequestMessage } from "../../proto/generated/orrery/v1/GetNamespaceRequest.ts";
import type { ListNamespacesRequestMessage } from "../../proto/generated/orrery/v1/ListNamespacesRequest.ts";
import type { ListNamespacesResponseInit } from "../../proto/generated/orrery/v1/ListNamespacesResponse.ts";
import type { NamespaceInit } from "../../proto/generated/orrery/v1/Namespace.ts";
import type { UpdateNamespaceRequestMessage } from "../../proto/generated/orrery/v1/UpdateNamespaceRequest.ts";
import type { NamespaceInfo, QueryApi } from "../../query/types.ts";
import type { RebalanceApi } from "../../rebalance/api.ts";
import { callerName, toChange, toMoveOptions, toNodeName } from "../requests/change.ts";
import type { Limits } from "../requests/limits.ts";
import { toCollection, toNamespace } from "../requests/names.ts";
import { toPage } from "../requests/page.ts";
import { toAfterName } from "../requests/read.ts";
import { toOperationMessage } from "../responses/operation.ts";
import { type Service, unary } from "./method.ts";

export interface NamespaceDeps {
  readonly query: QueryApi;
  readonly admin: AdminApi;
  readonly clusterAdmin: ClusterAdminApi;
  readonly rebalance: Pick<RebalanceApi, "pinnedGroup">;
  readonly defaults: { readonly movesPerNode: number };
}

export function namespaceService(
  { query, admin, clusterAdmin, rebalance, defaults }: NamespaceDeps,
  limits: Limits,
): Service {
  const toTarget = ({ collection, namespace }: GetNamespaceRequestMessage) => {
    const checks = new FieldChecks();
    const target = {
      collection: checks.of(toCollection, collection),
      namespace: checks.of(toNamespace, namespace, "namespace", limits),
    };
    checks.done();
    return target;
  };

  /** undefined: unpin. */
  const toPin = ({ pinToNode, unpin }: UpdateNamespaceRequestMessage) => {
    if (pinToNode !== undefined) {
      const options = toMoveOptions(null, defaults);
      return { target: toNodeName(pinToNode, "pin_to_node"), options };
    }
    if (unpin !== true) throw invalidField("pin", "must be pin_to_node or unpin");
    return undefined;
  };

  return {
    ListNamespaces: unary({
      async run(message: ListNamespacesRequestMessage, call): Promise<ListNamespacesResponseInit> {
        const checks = new FieldChecks();
        const collection = checks.of(toCollection, message.collection);
        const page = checks.of(toPage, message, checks.passed ? ["ListNamespaces", collection] : undefined);
        checks.done();
        const after = toAfterName(page, limits.namespaceBytes);
        // One more than the page holds says whether there is another.
        const found = await query.listNamespaces({ collection, after, limit: page.size + 1 }, call);
        const last = found.length > page.size ? found[page.size - 1] : undefined;
        return {
          namespaces: found.slice(0, page.size).map(toNamespaceMessage),
          nextPageToken: last === undefined ? "" : page.tokenAfter([last.namespace]),
        };
      },
    }),

    GetNamespace: unary({
      async run(message: GetNamespaceRequestMessage, call): Promise<NamespaceInit> {
        const target = toTarget(message);
        const { rows, exact, estimatedBytes, ...info } = await query.getNamespace(target, call);
        return {
          ...toNamespaceMessage(info),
          pinnedGroupId: await pinnedGroup(rebalance, target, call.signal),
          estimatedBytes: String(estimatedBytes),
          ...(exact ? { rows: String(rows) } : { estimatedRows: String(rows) }),
        };
      },
    }),

    DeleteNamespace: unary({
      async run(message: DeleteNamespaceRequestMessage, { caller }) {
        const { collection, namespace } = toTarget(message);
        return toOperationMessage(await admin.deleteNamespace(collection, namespace, callerName(caller)));
      },
      changesData: true,
    }),

    UpdateNamespace: unary({
      async run(message: UpdateNamespaceRequestMessage, call) {
        const checks = new FieldChecks();
        const names = checks.of(toTarget, message);
        const request = checks.of(toChange, message, call.caller);
        const pin = checks.of(toPin, message);
        checks.done();
        const spec = { ...names, ...(pin && { pin }) };
        return toOperationMessage(await clusterAdmin.begin(pinNamespace, spec, request));
      },
      changesData: true,
    }),
  };
}

/** undefined: not pinned, or the node that knows does not answer. */
async function pinnedGroup(
  rebalance: Pick<RebalanceApi, "pinnedGroup">,
  { collection, namespace }: { readonly collection: string; readonly namespace: string },
  signal: Cancellation,
): Promise<number | undefined> {
  try {
    return await rebalance.pinnedGroup(collection, namespace, toAbortSignal(signal));
  } catch (error) {
    signal.throwIfAborted();
    if (isOrreryError(error)) return undefined;
    throw error;
  }
}

function toNamespaceMessage({ namespace, shardId, group, estimatedRows }: NamespaceInfo): NamespaceInit {
  return { name: namespace, shardId, groupId: group, estimatedRows };
}
