import { type Metadata, type ServerInterceptingCallInterface, status } from "@grpc/grpc-js";
import type { RunningCall } from "../running-call.ts";
import { NO_METADATA } from "./status.ts";

export interface Receiver {
  /** Serves the call once its message is complete; undefined when it has failed already. */
  serve(message: Buffer, metadata: Metadata): RunningCall | undefined;
  /** The call had no message, or several. */
  refused(): void;
}

/** Starts a unary call and waits for its one message. */
export function receiveMessage(call: ServerInterceptingCallInterface, receiver: Receiver): void {
  let metadata: Metadata;
  let message: Buffer | undefined;
  let running: RunningCall | undefined;
  // grpc-js reports the end of the request even after the call has ended: refused, cancelled or past its
  // deadline.
  let over = false;
  const refuse = (details: string) => {
    over = true;
    receiver.refused();
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
      else running = receiver.serve(message, metadata);
    },
    // Also called when all of the answer was sent.
    onCancel() {
      over = true;
      running?.onCancelled();
      running?.onGone();
    },
  });
}
