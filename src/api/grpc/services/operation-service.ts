import { toAbortSignal } from "../../../lib/cancellation.ts";
import type { OperationApi } from "../../../operations/types.ts";
import { type PageMessage, toPage } from "../../requests/page.ts";
import { toSizedText } from "../../requests/text.ts";
import { toOperationMessage } from "../../responses/operation.ts";
import { pageOf } from "../../responses/page-of.ts";
import { type Service, stream, unary } from "../method.ts";

const MAX_ID_BYTES = 128;

interface IdMessage {
  readonly id: string;
}

interface ListOperationsMessage extends PageMessage {
  readonly kind: string;
  readonly unfinished: boolean;
}

export function operationService(operations: OperationApi): Service {
  const toId = ({ id }: IdMessage) => toSizedText(id, "id", MAX_ID_BYTES);

  return {
    GetOperation: unary({
      run: async (message: IdMessage) => toOperationMessage(await operations.get(toId(message))),
    }),

    ListOperations: unary({
      async run(message: ListOperationsMessage) {
        const { kind, unfinished } = message;
        const page = toPage(message, ["ListOperations", kind, String(unfinished)]);
        const found = await operations.list({ unfinished });
        const wanted = found.operations.filter((operation) => kind === "" || operation.kind === kind);
        const { items, nextPageToken } = pageOf(wanted, page, ({ createdAtMs, id }) => [-createdAtMs, id]);
        return {
          operations: items.map(toOperationMessage),
          nextPageToken: nextPageToken,
          unreadable: found.unreadable.map(({ id, problem }) => ({ id, problem })),
        };
      },
    }),

    CancelOperation: unary({
      run: async (message: IdMessage) => toOperationMessage(await operations.cancel(toId(message))),
      changesData: true,
    }),

    WatchOperation: stream(async function* (message: IdMessage, { signal }) {
      for await (const operation of operations.watch(toId(message), toAbortSignal(signal))) {
        yield toOperationMessage(operation);
      }
    }),
  };
}
