import type { GrpcStatusName } from "../errors.ts";
import type { CallEnvironment } from "./call.ts";

/** Tells observer and log of a call that was refused before its method was asked. */
export function tellRefused(
  { observer, logger }: Pick<CallEnvironment, "observer" | "logger">,
  method: string,
  code: GrpcStatusName,
): void {
  observer.started({ method });
  observer.finished({ method, code, elapsedMs: 0 });
  logger.debug({ method, code }, "rpc");
}
