/** Between the forms of protobuf and those of JSON: Structs, vectors, times. */
import type * as m from "../client/messages.ts";

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

export function fromStruct({ fields }: m.Struct): JsonObject {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, fromValue(value)]));
}

function fromValue(value: m.StructValue): JsonValue {
  if ("structValue" in value) return fromStruct(value.structValue);
  if ("listValue" in value) return value.listValue.values.map(fromValue);
  if ("numberValue" in value) return value.numberValue;
  if ("stringValue" in value) return value.stringValue;
  return "boolValue" in value ? value.boolValue : null;
}

export function toStruct(object: JsonObject): m.Struct {
  return {
    fields: Object.fromEntries(Object.entries(object).map(([name, value]) => [name, toValue(value)])),
  };
}

function toValue(value: JsonValue): m.StructValue {
  if (value === null) return { nullValue: "NULL_VALUE" };
  if (typeof value === "number") return { numberValue: value };
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (Array.isArray(value)) return { listValue: { values: value.map(toValue) } };
  return { structValue: toStruct(value as JsonObject) };
}

export function toVector(numbers: readonly number[]): m.Vector {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [index, number] of numbers.entries()) bytes.writeFloatLE(number, index * 4);
  return { f32Le: bytes };
}

/** Each number as the shortest decimal that is the same float32. */
export function fromVector({ f32Le }: { readonly f32Le: Buffer }): number[] {
  return Array.from({ length: f32Le.length / 4 }, (_, index) => shortest(f32Le.readFloatLE(index * 4)));
}

function shortest(float: number): number {
  for (const digits of [6, 7, 8]) {
    const short = Number(float.toPrecision(digits));
    if (Math.fround(short) === float) return short;
  }
  return Number(float.toPrecision(9));
}

/** RFC 3339 with microseconds, in UTC. */
export function fromTimestamp({ seconds, nanos }: m.Timestamp): string {
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, -5);
  return `${whole}.${String(Math.floor(nanos / 1000)).padStart(6, "0")}Z`;
}

/** undefined when the text is no RFC 3339 time. */
export function toTimestamp(text: string): m.Timestamp | undefined {
  const match = /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/.exec(text);
  const milliseconds = match === null ? Number.NaN : Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return { seconds: String(milliseconds / 1000), nanos: Number((match?.[2] ?? "").padEnd(9, "0")) };
}
