import { invalidField } from "../../errors.ts";

/** Throws naming `path` unless `value` is `min` to `max`; NaN never is. */
export function toNumberIn(value: number, path: string, min: number, max: number): number {
  if (!(value >= min && value <= max)) throw invalidField(path, `is ${value}, must be ${min} to ${max}`);
  return value;
}
