import { FieldChecks } from "../../errors.ts";
import type { TimestampMessage } from "../wire/timestamp.ts";
import { toNumberIn } from "./numbers.ts";

/** The years 1 to 9999, as google.protobuf.Timestamp is defined. */
const MIN_SECONDS = -62_135_596_800;
const MAX_SECONDS = 253_402_300_799;

/** Microseconds since 1970; finer digits are cut off, as PostgreSQL keeps none. Throws naming the field. */
export function toMicroseconds({ seconds, nanos }: TimestampMessage, path: string): bigint {
  const checks = new FieldChecks();
  checks.of(toNumberIn, Number(seconds), `${path}.seconds`, MIN_SECONDS, MAX_SECONDS);
  checks.of(toNumberIn, nanos, `${path}.nanos`, 0, 999_999_999);
  checks.done();
  return seconds * 1_000_000n + BigInt(Math.floor(nanos / 1000));
}
