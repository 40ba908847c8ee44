/**
 * Sends the status of a gRPC answer a turn of the event loop sooner.
 *
 * A status travels in HTTP/2 trailers. nghttp2 asks for them when it has sent the message, and takes them
 * then and there (nghttp2_submit_trailer); Node asks in turn, by `wantTrailers`, but hands on what it is
 * given only by `setImmediate`, "so we don't do it on nghttp2 stack", and writes it a turn later
 * (`sendTrailers` in lib/internal/http2/core.js). Under load a turn handles everything that has arrived in
 * the meantime, and the client has the message but waits for the status. nghttp2 allows trailers there, and
 * Node's own code for them only queues the frame; what it sends in place of empty trailers is data, which
 * nghttp2 does not take there, so those stay as they are. Node has no setting for it; Orrery has one that
 * leaves the step to Node (`rpc.promptTrailers`), should a version of Node not bear it.
 */
import { createRequire } from "node:module";
import timers from "node:timers";

/** What Node's `sendTrailers` puts off: a function of the stream and its encoded trailers. */
const LAST_STEP = "finishSendTrailers";

/** How the trailers of this process are sent. */
export interface Trailers {
  /** From now on at once (true) or as Node sends them (false, as it is at first). */
  sendPromptly(promptly: boolean): void;
}

/**
 * Loads `node:http2` with a `setImmediate` of its own, which can do that one step at once and leaves all else
 * to Node's. Must be called before anything imports `node:http2`, which keeps the one it finds when it is
 * loaded. Where it is loaded already, or names the step otherwise, trailers always go as Node sends them.
 */
export function loadHttp2(): Trailers {
  const { setImmediate } = timers;
  let promptly = false;
  const hooked = (step: (...values: unknown[]) => void, ...values: unknown[]) =>
    promptly && step.name === LAST_STEP && hasTrailers(values[0])
      ? step(...values)
      : setImmediate(step, ...values);
  timers.setImmediate = Object.assign(hooked, setImmediate) as typeof setImmediate;
  try {
    createRequire(import.meta.url)("node:http2");
  } finally {
    timers.setImmediate = setImmediate;
  }
  return {
    sendPromptly(next) {
      promptly = next;
    },
  };
}

function hasTrailers(stream: unknown): boolean {
  const { sentTrailers } = stream as { readonly sentTrailers?: object };
  for (const _ in sentTrailers) return true;
  return false;
}
