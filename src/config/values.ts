/** The kinds of values that settings have. */
import { z } from "zod";
import { problemsOfUrl } from "./postgres-url.ts";

export const text = z.string().min(1);
export const milliseconds = z.int().min(1);
export const count = z.int().min(1);
export const countOrZero = z.int().min(0);
export const hostPort = text.regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, "must be host:port");
export const postgresUrl = text
  .regex(/^postgres(ql)?:\/\//, "must be a postgres:// URL")
  .superRefine((url, context) => {
    for (const message of problemsOfUrl(url)) context.addIssue({ code: "custom", message });
  });
export const httpUrl = text.regex(
  /^(https?:\/\/)?[^\s/]+$/,
  "must be host:port or an http:// or https:// URL",
);
export const memorySize = text.regex(/^\d+(kB|MB|GB)$/, "must be a PostgreSQL memory size such as 64MB");

/** Settings under one name; absent, all of them have their defaults. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape).prefault({} as never);
}
