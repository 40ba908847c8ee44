/**
 * Sends the status of a gRPC answer a turn of the event loop sooner.
 *
 * A status travels in HTTP/2 trailers. nghttp2 asks for them when it has sent the message, and takes them then and there
 * (nghttp2_submit_trailer); Node asks in turn, by `wantTrailers`, but hands on what it is given only by `setImmediate`, and
 * writes it a turn later (`sendTrailers` in lib/internal/http2/core.js). Under load a turn is everything that has come in
 * meanwhile, and the client has its answer but must wait for the status. Node has no setting for it.
 */
import { createRequire } from "node:module";
import timers from "node:timers";

/** What Node's `sendTrailers` puts off. */
const LAST_STEP = "finishSendTrailers";

/**
 * Loads `node:http2` with a `setImmediate` of its own, which does that one step at once; everybody else's stays as it is.
 * To be called before anything imports `node:http2`: it keeps the one it finds when it is loaded. Where it is loaded
 * already, or names the step otherwise, trailers go as Node sends them.
 */
export function sendTrailersPromptly(): void {
  const { setImmediate } = timers;
  const prompt = (step: (...values: unknown[]) => void, ...values: unknown[]) =>
    step.name === LAST_STEP ? step(...values) : setImmediate(step, ...values);
  timers.setImmediate = prompt as typeof setImmediate;
  try {
    createRequire(import.meta.url)("node:http2");
  } finally {
    timers.setImmediate = setImmediate;
  }
}
