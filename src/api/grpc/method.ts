/** How the methods of a service are written: a function from the request message to the response message. */
import type { MethodDefinition } from "@grpc/grpc-js";
import { OrreryError } from "../../errors.ts";
import { StrictReader } from "../wire/strict-reader.ts";
import type { Call } from "./call.ts";

/** Serves one call of a unary method, bytes in, bytes out. What it throws becomes the status. */
export type UnaryHandler = (request: Buffer, call: Call) => Promise<Buffer>;

/** The same for a method that answers with a stream. It ends when the call's signal aborts. */
export type StreamHandler = (request: Buffer, call: Call) => AsyncIterable<Buffer>;

type Definition = MethodDefinition<object, object>;

/** How one method is served, given its definition in the proto. */
export type Method =
  | { readonly kind: "unary"; readonly changesData: boolean; handlerOf(definition: Definition): UnaryHandler }
  | { readonly kind: "stream"; handlerOf(definition: Definition): StreamHandler };

/** The methods of a service by name. */
export type Service = Readonly<Record<string, Method>>;

interface UnaryMethod<Request> {
  /**
   * Default: proto-loader's, which gives the message as its types of `PackageDefinition` say. Throws on other
   * bytes.
   */
  readonly decode?: (bytes: Buffer) => Request;
  /** Returns the response message in proto-loader's shape, or its bytes. */
  readonly run: (request: Request, call: Call) => object | Promise<object>;
  /** What such a method did must be told, so its answer is sent whatever its size. */
  readonly changesData?: boolean;
}

export function unary<Request>({ decode, run, changesData = false }: UnaryMethod<Request>): Method {
  return {
    kind: "unary",
    changesData,
    handlerOf(definition) {
      const decodeMessage = decode ?? defaultDecode<Request>(definition);
      return async (bytes, call) => {
        const response = await run(decodeOrRefuse(decodeMessage, bytes), call);
        return Buffer.isBuffer(response) ? response : definition.responseSerialize(response);
      };
    },
  };
}

export function stream<Request>(run: (request: Request, call: Call) => AsyncIterable<object>): Method {
  return {
    kind: "stream",
    handlerOf(definition) {
      const decode = defaultDecode<Request>(definition);
      return async function* (bytes, call) {
        for await (const message of run(decodeOrRefuse(decode, bytes), call)) {
          yield definition.responseSerialize(message);
        }
      };
    },
  };
}

function defaultDecode<Request>(definition: Definition): (bytes: Buffer) => Request {
  // The decoders that protobufjs generates take a reader in place of the bytes, which proto-loader's types do
  // not say.
  const decode = definition.requestDeserialize as unknown as (reader: StrictReader) => Request;
  return (bytes) => decode(new StrictReader(bytes));
}

function decodeOrRefuse<Request>(decode: (bytes: Buffer) => Request, bytes: Buffer): Request {
  try {
    return decode(bytes);
  } catch (cause) {
    throw new OrreryError("INVALID_REQUEST", "the request is not a valid protobuf message", { cause });
  }
}
