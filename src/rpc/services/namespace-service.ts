import type { AdminApi } from "../../operations/types.ts";
import type { NamespaceInfo, QueryApi } from "../../query/types.ts";
import type { Limits } from "../decode/limits.ts";
import { toCollection, toNamespace } from "../decode/names.ts";
import { type PageMessage, toPage } from "../decode/page.ts";
import { toAfterName } from "../decode/read.ts";
import { toOperationMessage } from "../encode/operation.ts";
import { type Service, unary } from "../method.ts";

export interface NamespaceDeps {
  readonly query: QueryApi;
  readonly admin: AdminApi;
}

interface NamespaceMessage {
  readonly collection: string;
  readonly namespace: string;
}

interface ListNamespacesMessage extends PageMessage {
  readonly collection: string;
}

export function namespaceService({ query, admin }: NamespaceDeps, limits: Limits): Service {
  const toTarget = ({ collection, namespace }: NamespaceMessage) => ({
    collection: toCollection(collection),
    namespace: toNamespace(namespace, "namespace", limits),
  });

  return {
    ListNamespaces: unary({
      async run(message: ListNamespacesMessage, call) {
        const collection = toCollection(message.collection);
        const page = toPage(message, ["ListNamespaces", collection]);
        const after = toAfterName(page, limits.namespaceBytes);
        // One more than the page holds says whether there is another.
        const found = await query.listNamespaces({ collection, after, limit: page.size + 1 }, call);
        const last = found.length > page.size ? found[page.size - 1] : undefined;
        return {
          namespaces: found.slice(0, page.size).map(toNamespaceMessage),
          next_page_token: last === undefined ? "" : page.tokenAfter([last.namespace]),
        };
      },
    }),

    GetNamespace: unary({
      async run(message: NamespaceMessage, call) {
        const { rows, exact, estimatedBytes, ...info } = await query.getNamespace(toTarget(message), call);
        return {
          ...toNamespaceMessage(info),
          estimated_bytes: String(estimatedBytes),
          ...(exact ? { rows: String(rows) } : { estimated_rows: String(rows) }),
        };
      },
    }),

    DeleteNamespace: unary({
      async run(message: NamespaceMessage) {
        const { collection, namespace } = toTarget(message);
        return toOperationMessage(await admin.deleteNamespace(collection, namespace));
      },
      changesData: true,
    }),
  };
}

function toNamespaceMessage({ namespace, shardId, group, estimatedRows }: NamespaceInfo): object {
  return { name: namespace, shard_id: shardId, group_id: group, estimated_rows: estimatedRows };
}
