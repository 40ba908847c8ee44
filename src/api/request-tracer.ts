import type { Trace } from "../lib/trace.ts";

/** Begins the trace of a call; implemented with OpenTelemetry. `method` is `orrery.v1.Service/Method`. */
export interface RequestTracer {
  /** `metadata`: what the client sent beside its message. undefined when nobody records the trace. */
  start(call: {
    readonly method: string;
    readonly requestId: string;
    readonly metadata: { get(name: string): readonly (string | Buffer)[] };
  }): Trace | undefined;
}
