import { constants } from "node:http2";
import { invalidField, OrreryError } from "../../../errors.ts";
import { chooseVictims } from "../../../lib/choose-victims.ts";
import type { ConnectionRefusal } from "../../connection-observer.ts";
import { toStatus } from "../../responses/status.ts";
import { requestInfo } from "../../wire/status.ts";
import { reportRefusal } from "../report-refusal.ts";
import type { GrpcEnvironment } from "../start-grpc-call.ts";
import { toStatusObject } from "../status.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import type { CallLimits, GuardedCall } from "./guarded-call.ts";

/** Freed at once beyond what is too much, so that not every piece has to choose victims again. */
const RELIEF_SHARE = 1 / 8;
const RETRY_AFTER_MS = 1_000;

export interface RefusalDeps {
  readonly env: GrpcEnvironment;
  readonly limits: ConnectionLimits;
  readonly budgets: Pick<CallLimits, "requests" | "answers">;
  report(reason: ConnectionRefusal, about: { readonly peer: string; readonly method?: string }): void;
}

/** Ends calls whose clients keep them waiting, or that hold too much. */
export class CallRefusals {
  readonly #deps: RefusalDeps;

  constructor(deps: RefusalDeps) {
    this.#deps = deps;
  }

  /** Ends so many of `calls` that what is left is within the limit, by what each holds and for whom. */
  relieve(of: "requests" | "answers", calls: Iterable<GuardedCall>, nowMs: number): void {
    const budget = this.#deps.budgets[of];
    if (budget.excessBytes <= 0) return;
    const bytes = budget.excessBytes + budget.limitBytes * RELIEF_SHARE;
    const holders = Array.from(calls, (call) => ({
      call,
      owner: call.transport.connection.peer,
      heldBytes: of === "requests" ? call.requestBytes : call.answerBytes,
      patienceMs: call.patienceMs(of, nowMs),
    }));
    for (const { call } of chooseVictims(holders, bytes)) {
      if (of === "requests") this.#refuseRequest(call, "request_bytes", tooMuchHeld(budget.limitBytes));
      else this.#refuseAnswer(call, "answer_bytes");
    }
  }

  refusePieces(call: GuardedCall): void {
    const why = invalidField("request", "comes in pieces of a few bytes");
    this.#refuseRequest(call, "request_pieces", why);
  }

  refuseOverdue(call: GuardedCall, reason: "request_timeout" | "answer_timeout"): void {
    if (reason === "answer_timeout") this.#refuseAnswer(call, reason);
    else this.#refuseRequest(call, reason, tooSlow(this.#deps.limits));
  }

  #refuseRequest(call: GuardedCall, reason: ConnectionRefusal, why: OrreryError): void {
    const { env } = this.#deps;
    const { grpcCall } = call.transport;
    const { details, ...status } = toStatus(why);
    const requestId = reportRefusal(env, this.#reported(call, reason), why.grpc);
    grpcCall.sendStatus(toStatusObject({ ...status, details: [...details, requestInfo(requestId)] }));
  }

  /** Its status waits behind what is not read; clients take this reset for RESOURCE_EXHAUSTED. */
  #refuseAnswer(call: GuardedCall, reason: ConnectionRefusal): void {
    this.#reported(call, reason);
    call.transport.grpcCall.stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    // The stream closes only after this, and would be chosen again.
    call.end();
  }

  #reported({ transport: { path, connection } }: GuardedCall, reason: ConnectionRefusal): string {
    const method = path.slice(1);
    this.#deps.report(reason, { peer: connection.peer, method });
    return method;
  }
}

function tooMuchHeld(limitBytes: number): OrreryError {
  return new OrreryError(
    "OVERLOADED",
    `requests that are not complete hold more than ${limitBytes} bytes (rpc.maxIncompleteRequestBytes)`,
    { details: { retryDelayMs: RETRY_AFTER_MS } },
  );
}

function tooSlow({ requestTimeoutMs, minBytesPerSecond }: ConnectionLimits): OrreryError {
  return new OrreryError(
    "DEADLINE_EXCEEDED",
    `the request was not complete, and for ${requestTimeoutMs} ms (rpc.requestTimeoutMs) came slower than ` +
      `${minBytesPerSecond} bytes a second (rpc.minBytesPerSecond)`,
  );
}
