import type { handleUnaryCall } from "@grpc/grpc-js";
import { OrreryError } from "../errors.ts";
import { type CallEnvironment, startCall } from "./call.ts";
import type { UnaryHandler } from "./method.ts";
import { toStatusObject } from "./status.ts";

export interface UnaryLimits {
  readonly maxAnswerBytes: number;
  readonly defaultDeadlineMs: number;
  readonly maxDeadlineMs: number;
}

/** Kept of the client's deadline to get the answer, or the error with its details, back before the client gives up. */
const RESERVE = { share: 0.05, maxMs: 100 } as const;

/**
 * Wraps a method: request id, deadline, status, log and observer. At the deadline the call's signal aborts with
 * DEADLINE_EXCEEDED; the stages honour it and say what was missing, so the handler does not race against them.
 */
export function unaryHandler(
  method: string,
  handle: UnaryHandler,
  env: CallEnvironment & UnaryLimits,
): handleUnaryCall<Buffer, Buffer> {
  return async (grpcCall, callback) => {
    const running = startCall(grpcCall, method, env);
    const timeoutMs = timeoutOf(Number(grpcCall.getDeadline()), env);
    const timer = setTimeout(
      () => running.abort(new OrreryError("DEADLINE_EXCEEDED", `not done within ${timeoutMs} ms`)),
      timeoutMs,
    );
    try {
      const answer = await handle(grpcCall.request, running.call);
      if (answer.length > env.maxAnswerBytes) throw tooLarge(answer.length, env.maxAnswerBytes);
      grpcCall.sendMetadata(running.initialMetadata);
      callback(null, answer);
      running.succeed();
    } catch (error) {
      const status = running.fail(error);
      grpcCall.sendMetadata(running.initialMetadata);
      callback(toStatusObject(status));
    } finally {
      clearTimeout(timer);
    }
  };
}

/** `deadline` is the client's, in milliseconds since 1970, Infinity when it set none. */
function timeoutOf(
  deadline: number,
  { defaultDeadlineMs, maxDeadlineMs, now }: CallEnvironment & UnaryLimits,
): number {
  if (deadline === Number.POSITIVE_INFINITY) return defaultDeadlineMs;
  const left = Math.max(0, deadline - now());
  return Math.min(maxDeadlineMs, Math.round(left - Math.min(left * RESERVE.share, RESERVE.maxMs)));
}

function tooLarge(bytes: number, maxBytes: number): OrreryError {
  const message = `the answer has ${bytes} bytes, at most ${maxBytes} are sent: ask for less at once or leave out vectors`;
  return new OrreryError("INVALID_REQUEST", message);
}
