import type { Client } from "../../src/client/client.ts";
import type { OperationMessage } from "../../src/proto/generated/orrery/v1/Operation.ts";
import { waitFor } from "./wait-for.ts";

/** Waits until the operation ends, well or not, and returns it as it ended. */
export function finished(
  { client }: { readonly client: Pick<Client, "operation"> },
  { id }: Pick<OperationMessage, "id">,
): Promise<OperationMessage> {
  return waitFor(
    async () => {
      const operation = await client.operation.getOperation({ id });
      return operation.endTime === null ? undefined : operation;
    },
    { what: `operation ${id} to end`, timeoutMs: 90_000 },
  );
}
