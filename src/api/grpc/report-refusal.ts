import type { GrpcStatusName } from "../../errors.ts";
import type { GrpcEnvironment } from "./start-grpc-call.ts";

/**
 * Reports a call that was refused before it reached its method to observer and log. Returns the id it has in
 * the log; the client's own is out of reach here.
 */
export function reportRefusal(
  { observer, logger, newId }: Pick<GrpcEnvironment, "observer" | "logger" | "newId">,
  method: string,
  code: GrpcStatusName,
): string {
  const requestId = newId();
  observer.started({ method });
  observer.finished({ method, code, elapsedMs: 0 });
  logger.debug({ requestId, method, code }, "rpc");
  return requestId;
}
