import { constants, type ServerHttp2Stream } from "node:http2";
import type { ServerInterceptingCall, ServerInterceptor } from "@grpc/grpc-js";
import { AnswerParts } from "../../wire/answer-parts.ts";
import type { Connection } from "./connection.ts";
import { gatherLargeMessage, type StreamDecoder } from "./gather-message.ts";
import { type AnsweringCall, type CallLimits, GuardedCall } from "./guarded-call.ts";

/** The guarded call of grpc-js's. */
const GUARDED = Symbol("guarded call");

/** The private parts of grpc-js's call that are used here, and what is put in their place. */
interface GrpcCall extends CallSteps, AnsweringCall {
  checkCancelled(): boolean;
  maybeSendMetadata(): void;
  readonly metadataSent: boolean;
  readonly receivedHalfClose: boolean;
  readonly readQueue: readonly unknown[];
  readonly decoder: StreamDecoder;
  [GUARDED]?: GuardedCall;
}

/** What grpc-js calls on its call as it goes on; each can be replaced on the call. */
interface CallSteps {
  handleDataFrame(data: Buffer): void;
  maybePushNextMessage(): void;
  sendMessage(message: unknown, callback: () => void): void;
  notifyOnCancel(): void;
}

/** What the calls of a server are held to, and who is told when they hold too much. */
export interface CallGuard {
  readonly limits: CallLimits;
  connectionOf(stream: ServerHttp2Stream): Connection<GuardedCall> | undefined;
  /** All requests, or all answers, hold more than they may. */
  relieve(of: "requests" | "answers"): void;
  /** The request of this call comes in pieces that are too small. */
  refusePieces(call: GuardedCall): void;
}

/**
 * Counts what calls of any service hold, as it comes and goes. The steps of grpc-js's call are replaced by
 * functions that all calls share, as closures of each call would keep it from being freed early.
 */
export function guardCalls(guard: CallGuard): ServerInterceptor {
  let steps: CallSteps | undefined;
  return ({ path, requestStream, responseStream }, call) => {
    const grpcCall = call as unknown as GrpcCall;
    const connection = guard.connectionOf(grpcCall.stream);
    if (connection === undefined) return call as ServerInterceptingCall;
    const streaming = requestStream || responseStream;
    const guarded = new GuardedCall({ grpcCall, connection, path, streaming }, guard.limits);
    steps ??= createSteps(grpcCall, guard);
    grpcCall[GUARDED] = guarded;
    grpcCall.handleDataFrame = steps.handleDataFrame;
    grpcCall.maybePushNextMessage = steps.maybePushNextMessage;
    grpcCall.sendMessage = steps.sendMessage;
    grpcCall.notifyOnCancel = steps.notifyOnCancel;
    if (!guarded.opened()) guard.relieve("requests");
    return call as ServerInterceptingCall;
  };
}

/** Counts what the request of grpc-js's `call` holds more by being inflated; false when it is over. */
export function countInflated(call: object, bytes: number, guard: Pick<CallGuard, "relieve">): boolean {
  const guarded = (call as GrpcCall)[GUARDED];
  if (guarded === undefined) return true;
  if (!guarded.received(bytes)) guard.relieve("requests");
  return !guarded.ended;
}

function createSteps(
  { handleDataFrame, maybePushNextMessage, sendMessage, notifyOnCancel }: CallSteps,
  guard: CallGuard,
): CallSteps {
  const of = (call: unknown) => (call as GrpcCall)[GUARDED] as GuardedCall;
  return {
    handleDataFrame(this: GrpcCall, data) {
      const guarded = of(this);
      if (!guarded.received(data.length)) guard.relieve("requests");
      if (guarded.comesInSmallPieces) guard.refusePieces(guarded);
      handleDataFrame.call(this, data);
      gatherLargeMessage(this.decoder);
    },
    maybePushNextMessage(this: GrpcCall) {
      maybePushNextMessage.call(this);
      if (this.readQueue.length === 0) of(this).delivered(this.receivedHalfClose);
    },
    sendMessage(this: GrpcCall, message, callback) {
      const { stream } = this;
      const before = stream.writableLength;
      if (message instanceof AnswerParts) sendParts(this, message, callback);
      else sendMessage.call(this, message, callback);
      if (!of(this).answered(stream.writableLength - before)) guard.relieve("answers");
    },
    // Called once the status was sent, and again when the stream is closed.
    notifyOnCancel(this: GrpcCall) {
      notifyOnCancel.call(this);
      const { stream } = this;
      const complete = this.receivedHalfClose || stream.closed;
      if (!complete && this.metadataSent) {
        of(this).linger();
        return;
      }
      // Headers and status are in one frame then, and what is still to come of the request is of no use.
      if (!complete) stream.close(constants.NGHTTP2_NO_ERROR);
      of(this).end();
    },
  };
}

/** As grpc-js sends a message, which it copies behind the five bytes of its framing. */
function sendParts(call: GrpcCall, { length, parts }: AnswerParts, callback: () => void): void {
  if (call.checkCancelled()) return;
  call.maybeSendMetadata();
  const framing = Buffer.alloc(5);
  framing.writeUInt32BE(length, 1);
  call.stream.write(framing);
  for (const part of parts.slice(0, -1)) call.stream.write(part);
  call.stream.write(parts.at(-1) ?? Buffer.alloc(0), () => callback());
}
