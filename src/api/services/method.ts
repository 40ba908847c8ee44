/**
 * How the methods of a service are written: as a function from the request message to the response message.
 */
import { isOrreryError, OrreryError } from "../../errors.ts";
import { StrictReader } from "../wire/strict-reader.ts";
import type { Call } from "./call.ts";

/** Serves one call of a unary method, bytes in, bytes out. What it throws becomes the status. */
export type UnaryHandler = (request: Buffer, call: Call) => Promise<Buffer>;

/** The same for a method that answers with a stream. It ends when the call's signal aborts. */
export type StreamHandler = (request: Buffer, call: Call) => AsyncIterable<Buffer>;

/** How proto-loader reads and writes the messages of a method. */
interface Codec {
  /** Throws INVALID_REQUEST naming the field that is over a limit; called before anything is decoded. */
  checkRequest(bytes: Buffer): void;
  requestDeserialize(bytes: Buffer): object;
  responseSerialize(message: object): Buffer;
}

/** How one method is served, given the codec of its messages. */
export type Method =
  | { readonly kind: "unary"; readonly changesData: boolean; handlerOf(codec: Codec): UnaryHandler }
  | { readonly kind: "stream"; handlerOf(codec: Codec): StreamHandler };

/** The methods of a service by name. */
export type Service = Readonly<Record<string, Method>>;

interface UnaryMethod<Request> {
  /**
   * Default: proto-loader's, which gives the message as src/proto/generated has it. Throws on other bytes.
   */
  readonly decode?: (bytes: Buffer) => Request;
  /** Returns the response message in proto-loader's shape, or its bytes. */
  readonly run: (request: Request, call: Call) => object | Promise<object>;
  /** Its caller must learn what such a method did, so its answer is sent whatever its size. */
  readonly changesData?: boolean;
}

export function unary<Request>({ decode, run, changesData = false }: UnaryMethod<Request>): Method {
  return {
    kind: "unary",
    changesData,
    handlerOf(codec) {
      const decodeMessage = decode ?? defaultDecode<Request>(codec);
      return async (bytes, call) => {
        const response = await run(decodeOrRefuse(codec, decodeMessage, bytes), call);
        return Buffer.isBuffer(response) ? response : codec.responseSerialize(response);
      };
    },
  };
}

export function stream<Request>(run: (request: Request, call: Call) => AsyncIterable<object>): Method {
  return {
    kind: "stream",
    handlerOf(codec) {
      const decode = defaultDecode<Request>(codec);
      return async function* (bytes, call) {
        for await (const message of run(decodeOrRefuse(codec, decode, bytes), call)) {
          yield codec.responseSerialize(message);
        }
      };
    },
  };
}

function defaultDecode<Request>(codec: Codec): (bytes: Buffer) => Request {
  // The decoders that protobufjs generates take a reader in place of the bytes, which proto-loader's types do
  // not say.
  const decode = codec.requestDeserialize as unknown as (reader: StrictReader) => Request;
  return (bytes) => decode(new StrictReader(bytes));
}

function decodeOrRefuse<Request>(codec: Codec, decode: (bytes: Buffer) => Request, bytes: Buffer): Request {
  try {
    codec.checkRequest(bytes);
    return decode(bytes);
  } catch (cause) {
    throw isOrreryError(cause) ? cause : notAMessage(cause);
  }
}

/** For bytes that no decoder takes. */
export function notAMessage(cause: unknown): OrreryError {
  return new OrreryError("INVALID_REQUEST", "the request is not a valid protobuf message", { cause });
}
