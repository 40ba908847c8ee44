import type { ServerInterceptingCall, ServerInterceptor } from "@grpc/grpc-js";
import { invalidField } from "../../errors.ts";
import { toStatus } from "../responses/status.ts";
import { requestInfo } from "../wire/status.ts";
import { reportRefusal } from "./report-refusal.ts";
import type { GrpcEnvironment } from "./start-grpc-call.ts";
import { toStatusObject } from "./status.ts";

type SendStatus = ServerInterceptingCall["sendStatus"];

/**
 * grpc-js refuses a message over `grpc.max_receive_message_length` by its length prefix, before reading it,
 * with a bare RESOURCE_EXHAUSTED, which asks clients to try again. To us it is bad input like any other. The
 * handler never sees such a call, and grpc-js sends that status past the interceptors, so it is replaced on
 * the call itself: by one function per method, because with one per call V8 keeps every call until the next
 * full collection (measured: 30 times as much moved to the old heap, scavenges six times as long).
 */
export function refuseOversize(maxBytes: number, env: GrpcEnvironment): ServerInterceptor {
  const byPath = new Map<string, SendStatus>();
  return ({ path }, call) => {
    let sendStatus = byPath.get(path);
    if (sendStatus === undefined) {
      sendStatus = replaceRefusal(path.slice(1), call.sendStatus as SendStatus, { maxBytes, env });
      byPath.set(path, sendStatus);
    }
    call.sendStatus = sendStatus;
    // The type asks for a wrapper, which would cost every call; grpc-js itself takes any call.
    return call as ServerInterceptingCall;
  };
}

/** Shared by all calls of a method; `send` is the method of grpc-js's class. */
function replaceRefusal(
  method: string,
  send: SendStatus,
  { maxBytes, env }: { readonly maxBytes: number; readonly env: GrpcEnvironment },
): SendStatus {
  const { details, ...refusal } = toStatus(invalidField("request", `is larger than ${maxBytes} bytes`));
  return function (this: ServerInterceptingCall, status) {
    // Statuses of our own have metadata.
    if (status.metadata || !/^Received message .*larger than/.test(status.details ?? "")) {
      return send.call(this, status);
    }
    const requestId = reportRefusal(env, method, "INVALID_ARGUMENT");
    return send.call(this, toStatusObject({ ...refusal, details: [...details, requestInfo(requestId)] }));
  };
}
