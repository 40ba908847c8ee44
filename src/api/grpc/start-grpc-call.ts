import type { Metadata } from "@grpc/grpc-js";
import type { RequestTracer } from "../request-tracer.ts";
import type { Caller } from "../requests/change.ts";
import { type CallEnvironment, type RunningCall, startCall } from "../running-call.ts";
import { RequestIdMetadata, requestIdOf } from "./request-id.ts";

export interface GrpcEnvironment extends CallEnvironment {
  /** Without it nothing is traced. */
  readonly tracer?: RequestTracer;
  readonly newId: () => string;
}

/** A call as grpc-js hands it over. */
export interface GrpcCall {
  readonly metadata: Metadata;
  getPeer(): string;
  /** The client's, in milliseconds since 1970; Infinity when it set none. */
  getDeadline(): number | Date;
}

export interface RunningGrpcCall {
  readonly running: RunningCall;
  /** For the client: `x-request-id`. */
  readonly initialMetadata: Metadata;
}

/** `method` is `orrery.v1.Service/Method`. */
export function startGrpcCall(grpcCall: GrpcCall, method: string, env: GrpcEnvironment): RunningGrpcCall {
  const { metadata } = grpcCall;
  const requestId = requestIdOf(metadata) ?? env.newId();
  const incoming = {
    method,
    requestId,
    caller: new GrpcCaller(grpcCall),
    trace: env.tracer?.start({ method, requestId, metadata }),
    deadlineMs: () => Number(grpcCall.getDeadline()),
  };
  return { running: startCall(incoming, env), initialMetadata: new RequestIdMetadata(requestId) };
}

/** Reads only what it is asked for: most methods do not ask. */
class GrpcCaller implements Caller {
  readonly #call: GrpcCall;

  constructor(call: GrpcCall) {
    this.#call = call;
  }

  get name(): string | undefined {
    const [name] = this.#call.metadata.get("x-orrery-caller");
    return typeof name === "string" ? name : undefined;
  }

  get peer(): string {
    return this.#call.getPeer();
  }
}
