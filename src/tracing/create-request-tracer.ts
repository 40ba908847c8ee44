/**
 * Requests as OpenTelemetry spans. Uses only the API: without an SDK in the process nothing is recorded, and
 * a request pays for one check. Sampling and export are up to the SDK.
 */
import {
  type Context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { RequestTracer } from "../api/request-tracer.ts";
import type { Trace } from "../lib/trace.ts";

interface Carrier {
  get(name: string): readonly (string | Buffer)[];
}

/** Lets the SDK's propagator read the call's metadata: W3C's `traceparent` and `tracestate` by default. */
const METADATA: TextMapGetter<Carrier> = {
  get: (carrier, name) => carrier.get(name).map(String),
  keys: () => [],
};

export function createRequestTracer({ version }: { readonly version: string }): RequestTracer {
  const tracer = trace.getTracer("orrery", version);
  return {
    start({ method, requestId, metadata }) {
      const parent = propagation.extract(ROOT_CONTEXT, metadata, METADATA);
      const [service = "", name = ""] = method.split("/");
      const span = tracer.startSpan(
        method,
        {
          kind: SpanKind.SERVER,
          attributes: {
            "rpc.system": "grpc",
            "rpc.service": service,
            "rpc.method": name,
            "orrery.request_id": requestId,
          },
        },
        parent,
      );
      return span.isRecording() ? traceOf(tracer, span, parent) : undefined;
    },
  };
}

function traceOf(tracer: Tracer, span: Span, parent: Context): Trace {
  const own = trace.setSpan(parent, span);
  return {
    child: (name, attributes = {}) => {
      const child = tracer.startSpan(name, { attributes: { ...attributes } }, own);
      return traceOf(tracer, child, own);
    },
    end(failure) {
      if (failure !== undefined) {
        span.setAttribute("error.type", failure);
        span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
      }
      span.end();
    },
  };
}
