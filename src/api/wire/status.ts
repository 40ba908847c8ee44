/** google.rpc.Status and the details in it, onto the wire. */
import protobuf, { type Writer } from "protobufjs/minimal.js";
import type { FieldViolation, GrpcStatusName } from "../../errors.ts";

/** Numbers of google.rpc.Code. */
export const STATUS_CODES = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const satisfies Readonly<Record<GrpcStatusName | "OK", number>>;

/** google.rpc.Status, in the shape that both proto-loader and `encodeStatus` take. */
export interface EncodableStatus {
  readonly code: number;
  readonly message: string;
  readonly details: readonly EncodableAny[];
}

/** google.protobuf.Any. */
export interface EncodableAny {
  readonly type_url: string;
  readonly value: Uint8Array;
}

export function encodeStatus({ code, message, details }: EncodableStatus): Uint8Array {
  const writer = protobuf.Writer.create();
  if (code !== 0) writer.uint32(1 << 3).int32(code);
  if (message !== "") writer.uint32((2 << 3) | 2).string(message);
  for (const { type_url, value } of details) {
    writer.uint32((3 << 3) | 2).fork();
    writer.uint32((1 << 3) | 2).string(type_url);
    writer.uint32((2 << 3) | 2).bytes(value);
    writer.ldelim();
  }
  return writer.finish();
}

export function errorInfo(reason: string, metadata: Readonly<Record<string, string>>): EncodableAny {
  const writer = protobuf.Writer.create();
  writer.uint32((1 << 3) | 2).string(reason);
  writer.uint32((2 << 3) | 2).string("orrery");
  for (const [key, value] of Object.entries(metadata)) writePair(writer, 3, key, value);
  return detail("ErrorInfo", writer);
}

export function badRequest(violations: readonly FieldViolation[]): EncodableAny {
  const writer = protobuf.Writer.create();
  for (const { field, description } of violations) writePair(writer, 1, field, description);
  return detail("BadRequest", writer);
}

export function retryInfo(delayMs: number): EncodableAny {
  const writer = protobuf.Writer.create();
  writer.uint32((1 << 3) | 2).fork();
  writer.uint32(1 << 3).int64(Math.floor(delayMs / 1000));
  writer.uint32(2 << 3).int32(Math.floor((delayMs % 1000) * 1e6));
  writer.ldelim();
  return detail("RetryInfo", writer);
}

/** The id the call has in the server's log. */
export function requestInfo(requestId: string): EncodableAny {
  return detail(
    "RequestInfo",
    protobuf.Writer.create()
      .uint32((1 << 3) | 2)
      .string(requestId),
  );
}

/** A message of two texts: an entry of a map, or a FieldViolation. */
function writePair(writer: Writer, field: number, first: string, second: string): void {
  writer.uint32((field << 3) | 2).fork();
  writer.uint32((1 << 3) | 2).string(first);
  writer.uint32((2 << 3) | 2).string(second);
  writer.ldelim();
}

function detail(name: string, writer: Writer): EncodableAny {
  return { type_url: `type.googleapis.com/google.rpc.${name}`, value: writer.finish() };
}
