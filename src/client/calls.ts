/** One call, with the request id and the caller's name in its metadata. */
import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { type Client as Channel, Metadata, type ServiceError } from "@grpc/grpc-js";
import type { MethodDefinition } from "@grpc/proto-loader";
import type { CallError } from "./call-error.ts";
import type { CallOptions } from "./service-client.ts";

export type CallableMethod = MethodDefinition<object, unknown>;

export interface Transport {
  readonly channel: Channel;
  readonly toCallError: (error: ServiceError, requestId: string) => CallError;
}

/** Throws CallError. */
export function callUnary(
  { channel, toCallError }: Transport,
  method: CallableMethod,
  request: object,
  { deadlineMs = 30_000, signal }: CallOptions,
) {
  const { metadata, requestId } = requestMetadata();
  return new Promise<unknown>((resolve, reject) => {
    const call = channel.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      metadata,
      { deadline: Date.now() + deadlineMs },
      (error, answer) => {
        stopListening();
        if (error === null) resolve(answer);
        else reject(toCallError(error, requestId));
      },
    );
    const stopListening = cancelOn(signal, call);
  });
}

/** Throws CallError; leaving the loop cancels the call. */
export async function* callStream(
  { channel, toCallError }: Transport,
  method: CallableMethod,
  request: object,
  { deadlineMs, signal }: CallOptions,
) {
  const { metadata, requestId } = requestMetadata();
  const call = channel.makeServerStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    request,
    metadata,
    deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs },
  );
  const stopListening = cancelOn(signal, call);
  try {
    yield* call;
  } catch (error) {
    throw toCallError(error as ServiceError, requestId);
  } finally {
    stopListening();
    call.cancel();
  }
}

function cancelOn(signal: AbortSignal | undefined, call: { cancel(): void }): () => void {
  const cancel = () => call.cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  if (signal?.aborted) cancel();
  return () => signal?.removeEventListener("abort", cancel);
}

/** Shown beside what the call starts. */
function callerName(): string {
  try {
    return `${userInfo().username}@${hostname()}`.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 128);
  } catch {
    return hostname();
  }
}

function requestMetadata(): { metadata: Metadata; requestId: string } {
  const requestId = randomUUID();
  const metadata = new Metadata();
  metadata.set("x-request-id", requestId);
  metadata.set("x-orrery-caller", callerName());
  return { metadata, requestId };
}
