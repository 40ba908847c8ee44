import { createGunzip, createInflate } from "node:zlib";
import type {
  ServerInterceptingCall,
  ServerInterceptingCallInterface,
  ServerInterceptor,
  StatusObject,
} from "@grpc/grpc-js";
import { invalidField, isOrreryError, type OrreryError } from "../../errors.ts";
import { concatInTurns } from "../../lib/turns.ts";
import { toStatus } from "../responses/status.ts";
import { notAMessage } from "../services/method.ts";
import type { BoundedMessage } from "../wire/request-bounds.ts";
import { RequestScan } from "../wire/request-scan.ts";
import { requestInfo } from "../wire/status.ts";
import { reportRefusal } from "./report-refusal.ts";
import type { GrpcEnvironment } from "./start-grpc-call.ts";
import { toStatusObject } from "./status.ts";

/** grpc-js's call: how it inflates a message that has its five bytes of framing before it. */
interface InflatingCall extends ServerInterceptingCallInterface {
  incomingEncoding: string;
  decompressMessage(message: Buffer, encoding: string): Promise<Buffer> | Buffer;
}

export interface InflateOptions {
  readonly maxBytes: number;
  /** The request message of a method by its path; undefined for methods that are not ours. */
  readonly requestOf: (path: string) => BoundedMessage | undefined;
  /** Told how many bytes more the request of grpc-js's `call` has become; false when the call is over. */
  readonly inflated: (call: object, bytes: number) => boolean;
  readonly env: GrpcEnvironment;
}

/**
 * A few kilobytes can inflate to the largest message there may be. grpc-js would inflate all of it before
 * anyone sees it; here what has been inflated is checked as it comes, and the rest is not inflated once the
 * request is over a limit.
 */
export function inflateRequest({ maxBytes, requestOf, inflated, env }: InflateOptions): ServerInterceptor {
  return ({ path }, call) => {
    const inflating = call as InflatingCall;
    if (inflating.incomingEncoding !== "identity") {
      const inflateOther = inflating.decompressMessage;
      inflating.decompressMessage = (message, encoding) => {
        const stream = createStream(encoding);
        if (stream === undefined) return inflateOther.call(inflating, message, encoding);
        const request = requestOf(path);
        const scan = request === undefined ? undefined : new RequestScan(request);
        const grown = (bytes: number) => inflated(call, bytes);
        const { turns } = env;
        return inflate(message.subarray(5), { stream, scan, maxBytes, grown })
          .then((parts) => concatInTurns(parts, turns))
          .catch((error: unknown) => {
            throw toRefusal(error, path.slice(1), env);
          });
      };
    }
    return call as ServerInterceptingCall;
  };
}

type Inflater = ReturnType<typeof createGunzip>;

function createStream(encoding: string): Inflater | undefined {
  if (encoding === "gzip") return createGunzip();
  return encoding === "deflate" ? createInflate() : undefined;
}

interface Inflating {
  readonly stream: Inflater;
  readonly scan: RequestScan | undefined;
  readonly maxBytes: number;
  /** False when nobody wants it any more. */
  readonly grown: (bytes: number) => boolean;
}

function inflate(
  compressed: Buffer,
  { stream, scan, maxBytes, grown }: Inflating,
): Promise<readonly Buffer[]> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const refuse = (error: unknown) => {
      stream.destroy();
      reject(error);
    };
    stream.on("error", () => refuse(invalidField("request", "cannot be decompressed")));
    stream.on("data", (part: Buffer) => {
      bytes += part.length;
      if (bytes > maxBytes) return refuse(invalidField("request", `is larger than ${maxBytes} bytes`));
      parts.push(part);
      // Nobody waits for the promise then.
      if (!grown(part.length)) return void stream.destroy();
      try {
        scan?.push(part);
      } catch (error) {
        refuse(error);
      }
    });
    stream.on("end", () => resolve(parts));
    stream.end(compressed);
  });
}

/** The status in place of the message; grpc-js sends it past the interceptors. */
function toRefusal(error: unknown, method: string, env: GrpcEnvironment): StatusObject {
  const refused: OrreryError = isOrreryError(error) ? error : notAMessage(error);
  const { details, ...status } = toStatus(refused);
  const requestId = reportRefusal(env, method, refused.grpc);
  return toStatusObject({ ...status, details: [...details, requestInfo(requestId)] });
}
