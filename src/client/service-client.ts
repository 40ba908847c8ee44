/** How the methods of a service look to a caller, derived from the types generated of the proto. */
import type { handleServerStreamingCall } from "@grpc/grpc-js";
import type { MethodDefinition } from "@grpc/proto-loader";
import type { DeepReadonly } from "../lib/deep-readonly.ts";

export interface CallOptions {
  /** Default 30,000 for single answers; streams have none. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

type Unary<Request, Response> = (request: DeepReadonly<Request>, options?: CallOptions) => Promise<Response>;
type Stream<Request, Response> = (
  request: DeepReadonly<Request>,
  options?: CallOptions,
) => AsyncIterable<Response>;

/** The generated types allow any name beside those of the methods. */
type MethodName<Key> = Key extends string ? (string extends Key ? never : Uncapitalize<Key>) : never;

/**
 * `GetNamespace` as `getNamespace`: a promise of its answer, or an async iterable where it answers with a
 * stream. Every method throws CallError.
 */
export type ServiceClient<Definition, Handlers> = {
  readonly [Name in keyof Definition as MethodName<Name>]: Definition[Name] extends MethodDefinition<
    infer Request,
    infer _ResponseInit,
    infer _RequestMessage,
    infer Response
  >
    ? Name extends keyof Handlers
      ? Handlers[Name] extends handleServerStreamingCall<infer _RequestOfStream, infer _ResponseOfStream>
        ? Stream<Request, Response>
        : Unary<Request, Response>
      : never
    : never;
};
