/** What every call has in common: its id, its end, and who is told about it. */
import type { Metadata } from "@grpc/grpc-js";
import { type GrpcStatusName, OrreryError } from "../../errors.ts";
import { CallSignal } from "../../lib/cancellation.ts";
import type { Logger } from "../../lib/logger.ts";
import type { RequestContext } from "../../query/types.ts";
import { requestInfo, type StatusMessage } from "../wire/status.ts";
import { RequestIdMetadata, requestIdOf } from "./request-id.ts";
import type { RequestTracer } from "./request-tracer.ts";
import type { RpcObserver } from "./rpc-observer.ts";
import { toOrreryError, toStatus } from "./status.ts";

/** What a method gets beside its request. */
export interface Call extends RequestContext {
  /** Who calls: its metadata and its network address. */
  readonly caller: { readonly metadata: Metadata; getPeer(): string };
  /** The status the client is told of an error; logs it when it is our own fault. */
  readonly statusOf: (error: unknown) => StatusMessage;
}

export interface CallEnvironment {
  readonly logger: Logger;
  readonly observer: RpcObserver;
  /** Without it nothing is traced. */
  readonly tracer?: RequestTracer;
  readonly newId: () => string;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
}

/** A call as grpc-js hands it over. */
export interface IncomingCall {
  readonly metadata: Metadata;
  getPeer(): string;
  /** The client's, in milliseconds since 1970; Infinity when it set none. */
  getDeadline(): number | Date;
}

export interface RunningCall {
  readonly call: Call;
  /** For the client: `x-request-id`. */
  readonly initialMetadata: Metadata;
  abort(reason: OrreryError): void;
  /** grpc-js says so at the end of every call. */
  onCancelled(): void;
  /** Tells observer and log; to be called once. */
  succeed(): void;
  /** The same for a call that failed; returns what to tell the client. */
  fail(error: unknown): StatusMessage;
}

/**
 * `method` is `orrery.v1.Service/Method`. A client that cancels, leaves or gives up at its deadline aborts
 * the signal.
 */
export function startCall(
  incoming: IncomingCall,
  method: string,
  { logger, observer, tracer, newId, epochMs }: CallEnvironment,
): RunningCall {
  const startedMs = performance.now();
  const requestId = requestIdOf(incoming.metadata) ?? newId();
  const initialMetadata = new RequestIdMetadata(requestId);
  const trace = tracer?.start({ method, requestId, metadata: incoming.metadata });
  const signal = new CallSignal();
  let finished = false;
  // Records of one failed group share their error: it is logged and encoded once.
  let statuses: Map<unknown, StatusMessage> | undefined;
  const statusOf = (error: unknown) => {
    statuses ??= new Map();
    const known = statuses.get(error);
    if (known !== undefined) return known;
    const told = toOrreryError(error, requestId);
    if (told.grpc === "INTERNAL") {
      logger.error({ requestId, method, code: told.code, err: error }, "rpc failed");
    }
    const status = toStatus(told);
    statuses.set(error, status);
    return status;
  };
  const finish = (code: GrpcStatusName | "OK") => {
    finished = true;
    const elapsedMs = performance.now() - startedMs;
    observer.finished({ method, code, elapsedMs });
    trace?.end(code === "OK" ? undefined : code);
    if (code === "OK") logger.debug({ requestId, method, code, elapsedMs }, "rpc");
    else logger.info({ requestId, method, code, elapsedMs }, "rpc refused");
  };
  observer.started({ method });
  return {
    call: { signal, requestId, trace, statusOf, caller: incoming },
    initialMetadata,
    abort: (reason) => signal.abort(reason),
    onCancelled() {
      // An error made after the end, with its stack, would be for nobody.
      if (finished) return;
      const late = epochMs() >= Number(incoming.getDeadline());
      signal.abort(
        late
          ? new OrreryError("DEADLINE_EXCEEDED", "the client's deadline has passed")
          : new OrreryError("CANCELLED", "the client cancelled the call"),
      );
    },
    succeed: () => finish("OK"),
    fail(error) {
      const { details, ...status } = statusOf(error);
      finish(toOrreryError(error, requestId).grpc);
      return { ...status, details: [...details, requestInfo(requestId)] };
    },
  };
}
