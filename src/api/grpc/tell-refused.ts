import type { GrpcStatusName } from "../../errors.ts";
import type { CallEnvironment } from "./call.ts";

/**
 * Tells observer and log of a call that was refused before its method was asked. Returns the id it has in the
 * log; the client's own is out of reach here.
 */
export function tellRefused(
  { observer, logger, newId }: Pick<CallEnvironment, "observer" | "logger" | "newId">,
  method: string,
  code: GrpcStatusName,
): string {
  const requestId = newId();
  observer.started({ method });
  observer.finished({ method, code, elapsedMs: 0 });
  logger.debug({ requestId, method, code }, "rpc");
  return requestId;
}
