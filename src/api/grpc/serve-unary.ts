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
import { answerTooLarge, OrreryError } from "../../errors.ts";
import { callTimeoutMs, type DeadlineLimits } from "../call-timeout.ts";
import type { RunningCall } from "../running-call.ts";
import type { UnaryHandler } from "../services/method.ts";
import { type Answer, AnswerParts } from "../wire/answer-parts.ts";
import { receiveMessage } from "./receive-message.ts";
import { reportRefusal } from "./report-refusal.ts";
import { type GrpcCall, type GrpcEnvironment, startGrpcCall } from "./start-grpc-call.ts";
import { NO_METADATA, toStatusObject } from "./status.ts";

/** How one method is served. */
export interface ServedMethod {
  /** `package.Service/Method`. */
  readonly name: string;
  readonly handle: UnaryHandler;
  /** Its caller must learn what it did, whatever the size of the answer. */
  readonly mustAnswer: boolean;
}

/** Decoded, checked and as parameters of a statement, a request takes so many times its bytes. */
const HELD_PER_REQUEST_BYTE = 4;
/** The answer, and grpc-js's copy of it with five bytes of framing before it; parts are not copied. */
const heldBy = (answer: Answer) => (answer instanceof AnswerParts ? 1 : 2) * answer.length;

const OK: StatusObject = { code: status.OK, details: "", metadata: NO_METADATA };

/** `services` by path, `/package.Service/Method`; calls of other methods pass. */
export function serveUnary(
  services: ReadonlyMap<string, ServedMethod>,
  env: GrpcEnvironment & DeadlineLimits,
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
    const refused = () => void reportRefusal(env, service.name, "UNIMPLEMENTED");
    return { start: () => receiveMessage(call, { serve, refused }) } as unknown as ServerInterceptingCall;
  };
}

interface Served {
  readonly service: ServedMethod;
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
  { service: { name, handle, mustAnswer }, message, metadata }: Served,
  env: GrpcEnvironment & DeadlineLimits,
): RunningCall {
  const grpcCall: GrpcCall = {
    metadata,
    getPeer: () => call.getPeer(),
    getDeadline: () => call.getDeadline(),
  };
  const { running, initialMetadata } = startGrpcCall(grpcCall, name, env);
  const timeoutMs = callTimeoutMs(Number(call.getDeadline()), env.epochMs(), env);
  running.setDeadline(performance.now() + timeoutMs);
  const timer = setTimeout(
    () => running.abort(new OrreryError("DEADLINE_EXCEEDED", `not done within ${timeoutMs} ms`)),
    timeoutMs,
  );
  const fail = (error: unknown) => {
    clearTimeout(timer);
    const failed = toStatusObject(running.fail(error));
    call.sendMetadata(initialMetadata);
    call.sendStatus(failed);
  };
  const { memory, maxAnswerBytes } = running.call;
  const refused = memory.take(message.length * HELD_PER_REQUEST_BYTE);
  if (refused !== undefined) {
    fail(refused);
    return running;
  }
  handle(message, running.call)
    .then((answer) => {
      const noRoom = memory.take(heldBy(answer));
      if (!mustAnswer) {
        if (noRoom !== undefined) return fail(noRoom);
        if (answer.length > maxAnswerBytes) return fail(answerTooLarge(answer.length, maxAnswerBytes));
      }
      clearTimeout(timer);
      call.sendMetadata(initialMetadata);
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
  { logger }: GrpcEnvironment,
): undefined {
  logger.error({ method, err: error }, "rpc failed outside of its method");
  call.sendStatus({ code: status.INTERNAL, details: "internal error", metadata: NO_METADATA });
}
