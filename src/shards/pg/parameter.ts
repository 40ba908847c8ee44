import pg from "pg";
import { encodeVector } from "../vector-codec.ts";

/** pg's own text form of numbers, booleans and arrays; not in its types. */
const { prepareValue } = (pg as unknown as { readonly utils: { prepareValue(value: unknown): unknown } })
  .utils;

/** A value of a statement as pg's Connection takes it: text, bytes of the type's binary format, or null. */
export function toParameter(value: unknown): unknown {
  if (typeof value === "string") return value;
  return value instanceof Float32Array ? encodeVector(value) : prepareValue(value);
}
