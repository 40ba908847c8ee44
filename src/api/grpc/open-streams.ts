import {
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from "@grpc/grpc-js";
import { OrreryError } from "../../errors.ts";
import { toStatus } from "../responses/status.ts";
import { toStatusObject } from "./status.ts";

/**
 * Knows every streaming call that is open, of health and reflection too. They have no end of their own, so at
 * shutdown they end with UNAVAILABLE; a client then watches another coordinator.
 */
export function createOpenStreams(): { readonly interceptor: ServerInterceptor; end(): void } {
  const open = new Set<ServerInterceptingCallInterface>();
  return {
    interceptor: ({ responseStream }, call) => {
      if (!responseStream) return call as ServerInterceptingCall;
      return new ServerInterceptingCall(call, {
        start: (next) => {
          open.add(call);
          // Also called after the status was sent.
          next({ onCancel: () => open.delete(call) });
        },
      });
    },
    end() {
      const status = toStatusObject(
        toStatus(new OrreryError("SHUTTING_DOWN", "the coordinator is shutting down")),
      );
      for (const call of open) call.sendStatus(status);
    },
  };
}
