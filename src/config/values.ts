/** The kinds of values that settings have. */
import { z } from "zod";

export const text = z.string().min(1);
/** A timer of Node that is set for longer goes off at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const milliseconds = z.int().min(1).max(LONGEST_TIMER_MS);
export const count = z.int().min(1);
export const countOrZero = z.int().min(0);
export const hostPort = text.regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, "must be host:port");
export const postgresUrl = text.regex(/^postgres(ql)?:\/\//, "must be a postgres:// URL");
export const httpUrl = text.regex(
  /^(https?:\/\/)?[^\s/]+$/,
  "must be host:port or an http:// or https:// URL",
);
export const memorySize = text.regex(/^\d+(kB|MB|GB)$/, "must be a PostgreSQL memory size such as 64MB");

/** Settings under one name; absent, all of them have their defaults. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape).prefault({} as never);
}
