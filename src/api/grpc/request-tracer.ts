import type { Metadata } from "@grpc/grpc-js";
import type { Trace } from "../../lib/trace.ts";

/** Begins the trace of a call; implemented with OpenTelemetry. `method` is `orrery.v1.Service/Method`. */
export interface RequestTracer {
  /** undefined when nobody records it. */
  start(call: {
    readonly method: string;
    readonly requestId: string;
    readonly metadata: Metadata;
  }): Trace | undefined;
}
