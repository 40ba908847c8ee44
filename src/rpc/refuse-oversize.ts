import type { ServerInterceptingCall, ServerInterceptor } from "@grpc/grpc-js";
import { invalidField } from "../errors.ts";
import type { CallEnvironment } from "./call.ts";
import { toStatus, toStatusObject } from "./status.ts";

/**
 * grpc-js refuses a message over `grpc.max_receive_message_length` by its length prefix, before reading it, with a bare
 * RESOURCE_EXHAUSTED, which asks clients to try again. To us it is bad input like any other. The handler never sees
 * such a call, and grpc-js sends that status past the interceptors, so it is exchanged on the call itself.
 */
export function refuseOversize(maxBytes: number, { logger, observer }: CallEnvironment): ServerInterceptor {
  const refusal = toStatusObject(toStatus(invalidField("request", `is larger than ${maxBytes} bytes`)));
  return ({ path }, call) => {
    const sendStatus = call.sendStatus.bind(call);
    call.sendStatus = (status) => {
      // Statuses of our own have metadata.
      if (status.metadata || !/^Received message .*larger than/.test(status.details ?? "")) {
        return sendStatus(status);
      }
      const method = path.slice(1);
      observer.started({ method });
      observer.finished({ method, code: "INVALID_ARGUMENT", elapsedMs: 0 });
      logger.debug({ method, code: "INVALID_ARGUMENT" }, "rpc");
      return sendStatus(refusal);
    };
    // The type asks for a wrapper, which would cost every call; grpc-js itself takes any call.
    return call as ServerInterceptingCall;
  };
}
