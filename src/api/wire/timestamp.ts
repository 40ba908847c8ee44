import type { StrictReader } from "./strict-reader.ts";

export interface TimestampMessage {
  readonly seconds: bigint;
  readonly nanos: number;
}

/** Reads a Timestamp with its length before it. */
export function readTimestamp(reader: StrictReader): TimestampMessage {
  let seconds = 0n;
  let nanos = 0;
  reader.message((tag) => {
    if (tag === 1 << 3) seconds = BigInt(reader.int64().toString());
    else if (tag === 2 << 3) nanos = reader.int32();
    else reader.skipType(tag & 7);
  });
  return { seconds, nanos };
}

/** google.protobuf.Timestamp, in the shape that protobufjs takes. */
export interface EncodableTimestamp {
  readonly seconds: number;
  readonly nanos: number;
}

/** Of microseconds since 1970; before it, seconds count down and nanos up, as the proto wants. */
export function timestampOfMicroseconds(us: bigint): EncodableTimestamp {
  const rest = ((us % 1_000_000n) + 1_000_000n) % 1_000_000n;
  return { seconds: Number((us - rest) / 1_000_000n), nanos: Number(rest) * 1000 };
}

/** Of milliseconds since 1970. */
export function timestampOfMilliseconds(ms: number): EncodableTimestamp {
  return timestampOfMicroseconds(BigInt(Math.round(ms * 1000)));
}
