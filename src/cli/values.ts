/** Between the forms of protobuf and those of JSON: Structs, vectors, times. */
import type { JsonObject, JsonValue } from "../lib/json.ts";
import type { AnyMessage } from "../proto/generated/google/protobuf/Any.ts";
import type { StructMessage } from "../proto/generated/google/protobuf/Struct.ts";
import type { TimestampMessage } from "../proto/generated/google/protobuf/Timestamp.ts";
import type { ValueMessage } from "../proto/generated/google/protobuf/Value.ts";
import type { VectorInit, VectorMessage } from "../proto/generated/orrery/v1/Vector.ts";

export function fromStruct({ fields }: StructMessage): JsonObject {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, fromValue(value)]));
}

function fromValue(value: ValueMessage): JsonValue {
  if (value.structValue) return fromStruct(value.structValue);
  if (value.listValue) return value.listValue.values.map(fromValue);
  return value.numberValue ?? value.stringValue ?? value.boolValue ?? null;
}

/** What holds a Struct: the client has unpacked it (see LoadProtoOptions), which its type does not show. */
export function fromAny(unpacked: AnyMessage): JsonObject {
  return fromStruct(unpacked as unknown as StructMessage);
}

export function toStruct(object: JsonObject): StructMessage {
  return {
    fields: Object.fromEntries(Object.entries(object).map(([name, value]) => [name, toValue(value)])),
  };
}

export function toValue(value: JsonValue): ValueMessage {
  if (value === null) return { nullValue: "NULL_VALUE" };
  if (typeof value === "number") return { numberValue: value };
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (Array.isArray(value)) return { listValue: { values: value.map(toValue) } };
  return { structValue: toStruct(value as JsonObject) };
}

export function toVector(numbers: readonly number[]): VectorInit {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [index, number] of numbers.entries()) bytes.writeFloatLE(number, index * 4);
  return { f32Le: bytes };
}

/** Of a JSON list of numbers; undefined for any other text. */
export function parseVector(text: string): VectorInit | undefined {
  let numbers: unknown;
  try {
    numbers = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(numbers) || !numbers.every((number) => typeof number === "number")) return undefined;
  return toVector(numbers);
}

/** Each number as the shortest decimal that is the same float32. */
export function fromVector({ f32Le = Buffer.alloc(0) }: VectorMessage): number[] {
  return Array.from({ length: f32Le.length / 4 }, (_, index) => shortest(f32Le.readFloatLE(index * 4)));
}

function shortest(float: number): number {
  for (const digits of [6, 7, 8]) {
    const short = Number(float.toPrecision(digits));
    if (Math.fround(short) === float) return short;
  }
  return Number(float.toPrecision(9));
}

/** RFC 3339 with microseconds, in UTC; undefined for a time that is not set. */
export function fromTimestamp(time: TimestampMessage | null): string | undefined {
  if (time === null) return undefined;
  const whole = new Date(Number(time.seconds) * 1000).toISOString().slice(0, -5);
  return `${whole}.${String(Math.floor(time.nanos / 1000)).padStart(6, "0")}Z`;
}

/** undefined when the text is no RFC 3339 time. */
export function toTimestamp(text: string): TimestampMessage | undefined {
  const match = /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/.exec(text);
  const milliseconds = match === null ? Number.NaN : Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return { seconds: String(milliseconds / 1000), nanos: Number((match?.[2] ?? "").padEnd(9, "0")) };
}
