/**
 * Serves the unary methods on the call itself, as an interceptor. grpc-js's own handler makes a writable
 * stream of each call, and waits until the message was written before it sends the status: an event and a
 * packet more per call.
 */
import {
  type Metadata,
  type ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type StatusObject,
  status,
} from "@grpc/grpc-js";
import { OrreryError } from "../../errors.ts";
import { type CallEnvironment, type IncomingCall, type RunningCall, startCall } from "./call.ts";
import type { UnaryHandler } from "./method.ts";
import { toStatusObject } from "./status.ts";
import { tellRefused } from "./tell-refused.ts";

export interface UnaryLimits {
  readonly defaultDeadlineMs: number;
  readonly maxDeadlineMs: number;
}

/** How one method is served. */
export interface UnaryService {
  /** `package.Service/Method`. */
  readonly name: string;
  readonly handle: UnaryHandler;
  readonly maxAnswerBytes: number;
}

/**
 * Kept of the client's deadline to get the answer, or the error with its details, back before the client
 * gives up.
 */
const RESERVE = { share: 0.05, maxMs: 100 } as const;

/** grpc-js takes null, which its types do not say. */
const NO_METADATA = null as unknown as Metadata;

const OK: StatusObject = { code: status.OK, details: "", metadata: NO_METADATA };

/** `services` by path, `/package.Service/Method`; calls of other methods pass. */
export function serveUnary(
  services: ReadonlyMap<string, UnaryService>,
  env: CallEnvironment & UnaryLimits,
): ServerInterceptor {
  return ({ path }, call) => {
    const service = services.get(path);
    if (service === undefined) return call as ServerInterceptingCall;
    const serve = (message: Buffer, metadata: Metadata) => {
      try {
        return serveCall(call, { service, message, metadata }, env);
      } catch (error) {
        return giveUp(call, service.name, error, env);
      }
    };
    // The type asks for grpc-js's own class, which would wrap each call twice; it takes any object that can
    // be started.
    const refused = () => tellRefused(env, service.name, "UNIMPLEMENTED");
    return { start: () => start(call, serve, refused) } as unknown as ServerInterceptingCall;
  };
}

/** Waits for the one message of the call. */
function start(
  call: ServerInterceptingCallInterface,
  serve: (message: Buffer, metadata: Metadata) => RunningCall | undefined,
  refused: () => void,
): void {
  let metadata: Metadata;
  let message: Buffer | undefined;
  let running: RunningCall | undefined;
  // grpc-js tells of the end of the request even after the call has ended: refused, cancelled or past its
  // deadline.
  let over = false;
  const refuse = (details: string) => {
    over = true;
    refused();
    call.sendStatus({ code: status.UNIMPLEMENTED, details, metadata: NO_METADATA });
  };
  call.start({
    onReceiveMetadata(received) {
      metadata = received;
      call.startRead();
    },
    onReceiveMessage(received: Buffer) {
      if (message !== undefined) return refuse("more than one request message");
      message = received;
      call.startRead();
    },
    onReceiveHalfClose() {
      if (over) return;
      if (message === undefined) refuse("no request message");
      else running = serve(message, metadata);
    },
    onCancel() {
      over = true;
      running?.onCancelled();
    },
  });
}

interface Served {
  readonly service: UnaryService;
  readonly message: Buffer;
  readonly metadata: Metadata;
}

/**
 * Request id, deadline, status, log and observer around the method. At the deadline the call's signal aborts
 * with DEADLINE_EXCEEDED; the stages honour it and say what was missing, so the handler does not race against
 * them.
 */
function serveCall(
  call: ServerInterceptingCallInterface,
  { service: { name, handle, maxAnswerBytes }, message, metadata }: Served,
  env: CallEnvironment & UnaryLimits,
): RunningCall {
  const incoming: IncomingCall = {
    metadata,
    getPeer: () => call.getPeer(),
    getDeadline: () => call.getDeadline(),
  };
  const running = startCall(incoming, name, env);
  const timeoutMs = timeoutOf(Number(call.getDeadline()), env);
  const timer = setTimeout(
    () => running.abort(new OrreryError("DEADLINE_EXCEEDED", `not done within ${timeoutMs} ms`)),
    timeoutMs,
  );
  const fail = (error: unknown) => {
    clearTimeout(timer);
    const told = toStatusObject(running.fail(error));
    call.sendMetadata(running.initialMetadata);
    call.sendStatus(told);
  };
  handle(message, running.call)
    .then((answer) => {
      if (answer.length > maxAnswerBytes) return fail(tooLarge(answer.length, maxAnswerBytes));
      clearTimeout(timer);
      call.sendMetadata(running.initialMetadata);
      call.sendMessage(answer, () => {});
      call.sendStatus(OK);
      running.succeed();
    }, fail)
    .catch((error: unknown) => giveUp(call, name, error, env));
  return running;
}

/** For mistakes of what surrounds the method: one call fails, the process goes on. */
function giveUp(
  call: ServerInterceptingCallInterface,
  method: string,
  error: unknown,
  { logger }: CallEnvironment,
): undefined {
  logger.error({ method, err: error }, "rpc failed outside of its method");
  call.sendStatus({ code: status.INTERNAL, details: "internal error", metadata: NO_METADATA });
}

/** `deadline` is the client's, in milliseconds since 1970, Infinity when it set none. */
function timeoutOf(
  deadline: number,
  { defaultDeadlineMs, maxDeadlineMs, epochMs }: CallEnvironment & UnaryLimits,
): number {
  if (deadline === Number.POSITIVE_INFINITY) return defaultDeadlineMs;
  const left = Math.max(0, deadline - epochMs());
  return Math.min(maxDeadlineMs, Math.round(left - Math.min(left * RESERVE.share, RESERVE.maxMs)));
}

function tooLarge(bytes: number, maxBytes: number): OrreryError {
  const message = `the answer has ${bytes} bytes, at most ${maxBytes} are sent: ask for less at once or leave out vectors`;
  return new OrreryError("INVALID_REQUEST", message);
}
