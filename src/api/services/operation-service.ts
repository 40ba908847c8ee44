import { toAbortSignal } from "../../lib/cancellation.ts";
import type { DeepReadonly } from "../../lib/deep-readonly.ts";
import type { OperationApi } from "../../operations/types.ts";
import type { CancelOperationRequestMessage } from "../../proto/generated/orrery/v1/CancelOperationRequest.ts";
import type { GetOperationRequestMessage } from "../../proto/generated/orrery/v1/GetOperationRequest.ts";
import type { ListOperationsRequestMessage } from "../../proto/generated/orrery/v1/ListOperationsRequest.ts";
import type { ListOperationsResponseInit } from "../../proto/generated/orrery/v1/ListOperationsResponse.ts";
import type { WatchOperationRequestMessage } from "../../proto/generated/orrery/v1/WatchOperationRequest.ts";
import { toPage } from "../requests/page.ts";
import { toSizedText } from "../requests/text.ts";
import { toOperationMessage } from "../responses/operation.ts";
import { pageOf } from "../responses/page-of.ts";
import { type Service, stream, unary } from "./method.ts";

const MAX_ID_BYTES = 128;

export function operationService(operations: OperationApi): Service {
  const toId = ({ id }: GetOperationRequestMessage) => toSizedText(id, "id", MAX_ID_BYTES);

  return {
    GetOperation: unary({
      run: async (message: GetOperationRequestMessage) =>
        toOperationMessage(await operations.get(toId(message))),
    }),

    ListOperations: unary({
      async run(message: ListOperationsRequestMessage): Promise<DeepReadonly<ListOperationsResponseInit>> {
        const { kind, unfinished } = message;
        const page = toPage(message, ["ListOperations", kind, String(unfinished)]);
        const found = await operations.list({ unfinished });
        const wanted = found.operations.filter((operation) => kind === "" || operation.kind === kind);
        const { items, nextPageToken } = pageOf(wanted, page, ({ createdAtMs, id }) => [-createdAtMs, id]);
        return {
          operations: items.map(toOperationMessage),
          nextPageToken,
          unreadable: found.unreadable.map(({ id, problem }) => ({ id, problem })),
        };
      },
    }),

    CancelOperation: unary({
      run: async (message: CancelOperationRequestMessage) =>
        toOperationMessage(await operations.cancel(toId(message))),
      changesData: true,
    }),

    WatchOperation: stream(async function* (message: WatchOperationRequestMessage, { signal }) {
      for await (const operation of operations.watch(toId(message), toAbortSignal(signal))) {
        yield toOperationMessage(operation);
      }
    }),
  };
}
