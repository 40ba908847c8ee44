import { once } from "node:events";
import type { handleServerStreamingCall, ServerWritableStream } from "@grpc/grpc-js";
import type { Cancellation } from "../../lib/cancellation.ts";
import { raceAbort } from "../../lib/race-abort.ts";
import type { StreamHandler } from "../services/method.ts";
import { type GrpcEnvironment, startGrpcCall } from "./start-grpc-call.ts";
import { toStatusObject } from "./status.ts";

/**
 * Wraps a method like `serveUnary`, without a deadline of our own: a watch lasts until the client cancels it
 * or its deadline passes. Waits for the client to take what was sent before it asks for more.
 */
export function streamHandler(
  method: string,
  handle: StreamHandler,
  env: GrpcEnvironment,
): handleServerStreamingCall<Buffer, Buffer> {
  return async (grpcCall) => {
    const { running, initialMetadata } = startGrpcCall(grpcCall, method, env);
    grpcCall.on("cancelled", () => running.onCancelled());
    const { signal } = running.call;
    grpcCall.sendMetadata(initialMetadata);
    try {
      for await (const message of handle(grpcCall.request, running.call)) {
        await write(grpcCall, message, signal);
      }
      signal.throwIfAborted();
      grpcCall.end();
      running.succeed();
    } catch (error) {
      const status = running.fail(signal.aborted ? signal.reason : error);
      grpcCall.emit("error", toStatusObject(status));
    } finally {
      running.onGone();
    }
  };
}

async function write(
  grpcCall: ServerWritableStream<Buffer, Buffer>,
  message: Buffer,
  signal: Cancellation,
): Promise<void> {
  signal.throwIfAborted();
  if (!grpcCall.write(message)) await raceAbort(once(grpcCall, "drain"), signal);
}
