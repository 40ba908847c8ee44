/**
 * How the methods of a service are written: as a function from the request message to the response message.
 */
import { isOrreryError, OrreryError } from "../../errors.ts";
import type { TurnQueue } from "../../lib/turns.ts";
import { type Answer, isAnswer } from "../wire/answer-parts.ts";
import { StrictReader } from "../wire/strict-reader.ts";
import type { Call } from "./call.ts";

/** Serves one call of a unary method, bytes in, bytes out. What it throws becomes the status. */
export type UnaryHandler = (request: Buffer, call: Call) => Promise<Answer>;

/** The same for a method that answers with a stream. It ends when the call's signal aborts. */
export type StreamHandler = (request: Buffer, call: Call) => AsyncIterable<Buffer>;

/** How proto-loader reads and writes the messages of a method. */
export interface Codec {
  /** Throws INVALID_REQUEST naming the field that is over a limit; called before anything is decoded. */
  checkRequest(bytes: Buffer): void;
  /** The same for a large request, in turns with other work. */
  checkRequestInTurns(bytes: Buffer, turns: TurnQueue): Promise<void>;
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
  /** The same for large requests, where decoding one takes long; in turns with other work. */
  readonly decodeInTurns?: (bytes: Buffer, turns: TurnQueue) => Promise<Request>;
  /** Returns the response message in proto-loader's shape, or its bytes. */
  readonly run: (request: Request, call: Call) => object | Promise<object>;
  /** Its caller must learn what such a method did, so its answer is sent whatever its size. */
  readonly changesData?: boolean;
}

/** Larger requests are read in turns with other work. */
const LARGE_BYTES = 64 * 1024;

export function unary<Request>({
  decode,
  decodeInTurns,
  run,
  changesData = false,
}: UnaryMethod<Request>): Method {
  return {
    kind: "unary",
    changesData,
    handlerOf(codec) {
      const decodeMessage = decode ?? defaultDecode<Request>(codec);
      const decodeLarge = decodeInTurns ?? (async (bytes) => decodeMessage(bytes));
      return async (bytes, call) => {
        const request =
          bytes.length <= LARGE_BYTES
            ? decodeOrRefuse(codec, decodeMessage, bytes)
            : await decodeLargeOrRefuse(codec, decodeLarge, { bytes, turns: call.turns });
        const response = await run(request, call);
        return isAnswer(response) ? response : codec.responseSerialize(response);
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

async function decodeLargeOrRefuse<Request>(
  codec: Codec,
  decode: (bytes: Buffer, turns: TurnQueue) => Promise<Request>,
  { bytes, turns }: { readonly bytes: Buffer; readonly turns: TurnQueue },
): Promise<Request> {
  try {
    await codec.checkRequestInTurns(bytes, turns);
    return await decode(bytes, turns);
  } catch (cause) {
    throw isOrreryError(cause) ? cause : notAMessage(cause);
  }
}

/** For bytes that no decoder takes. */
export function notAMessage(cause: unknown): OrreryError {
  return new OrreryError("INVALID_REQUEST", "the request is not a valid protobuf message", { cause });
}
