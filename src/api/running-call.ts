/** What every call has in common, whatever the transport: its id, its end, its log and its metrics. */
import { type GrpcStatusName, OrreryError } from "../errors.ts";
import { CallSignal } from "../lib/cancellation.ts";
import type { Logger } from "../lib/logger.ts";
import type { MemoryBudget } from "../lib/memory-budget.ts";
import type { Trace } from "../lib/trace.ts";
import type { TurnQueue } from "../lib/turns.ts";
import type { Caller } from "./requests/change.ts";
import { toOrreryError, toStatus } from "./responses/status.ts";
import type { RpcObserver } from "./rpc-observer.ts";
import type { Call } from "./services/call.ts";
import { type EncodableStatus, requestInfo } from "./wire/status.ts";

export interface CallEnvironment {
  readonly logger: Logger;
  readonly observer: RpcObserver;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
  /** For all calls. */
  readonly memory: MemoryBudget;
  /** For all calls. */
  readonly turns: TurnQueue;
  /** The most bytes that an answer may have. */
  readonly maxMessageBytes: number;
}

/** A call as its transport hands it over. */
export interface IncomingCall {
  /** `orrery.v1.Service/Method`. */
  readonly method: string;
  readonly requestId: string;
  readonly caller: Caller;
  /** Absent when nobody records it. */
  readonly trace?: Trace | undefined;
  /** The client's, in milliseconds since 1970; Infinity when it set none. */
  deadlineMs(): number;
}

export interface RunningCall {
  readonly call: Call;
  /** When `abort` will be called at the latest, as performance.now() counts. */
  setDeadline(deadlineMs: number): void;
  abort(reason: OrreryError): void;
  /** The client has cancelled, gone away, or given up at its deadline; does nothing after the end. */
  onCancelled(): void;
  /** The transport has sent all of the answer, or never will. What the call held is given back. */
  onGone(): void;
  /** Reports the end to observer and log; to be called once. */
  succeed(): void;
  /** The same for a call that failed; returns what to send to the client. */
  fail(error: unknown): EncodableStatus;
}

/** A client that cancels, leaves or gives up at its deadline aborts the signal. */
export function startCall(
  incoming: IncomingCall,
  { logger, observer, epochMs, memory: budget, turns, maxMessageBytes: maxAnswerBytes }: CallEnvironment,
): RunningCall {
  const startedMs = performance.now();
  const { method, requestId, caller, trace } = incoming;
  const signal = new CallSignal();
  const memory = budget.open();
  let finished = false;
  // Records of one failed group share their error: it is logged and encoded once.
  let statuses: Map<unknown, EncodableStatus> | undefined;
  const statusOf = (error: unknown) => {
    statuses ??= new Map();
    const known = statuses.get(error);
    if (known !== undefined) return known;
    const shown = toOrreryError(error, requestId);
    if (shown.grpc === "INTERNAL") {
      logger.error({ requestId, method, code: shown.code, err: error }, "rpc failed");
    }
    const status = toStatus(shown);
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
    call: { signal, requestId, trace, statusOf, caller, memory, turns, maxAnswerBytes },
    setDeadline(deadlineMs) {
      signal.deadlineMs = deadlineMs;
    },
    abort: (reason) => signal.abort(reason),
    onCancelled() {
      // Nobody would read an error made after the end, and its stack costs.
      if (finished) return;
      const late = epochMs() >= incoming.deadlineMs();
      signal.abort(
        late
          ? new OrreryError("DEADLINE_EXCEEDED", "the client's deadline has passed")
          : new OrreryError("CANCELLED", "the client cancelled the call"),
      );
    },
    onGone: () => memory.close(),
    succeed: () => finish("OK"),
    fail(error) {
      const { details, ...status } = statusOf(error);
      finish(toOrreryError(error, requestId).grpc);
      return { ...status, details: [...details, requestInfo(requestId)] };
    },
  };
}
