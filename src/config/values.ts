/** The kinds of values that settings have. */
import { z } from "zod";
import { problemsOfUrl } from "./postgres-url.ts";

export const text = z.string().min(1);
/** A longer wait ends at once: timers count in 32 bits, as do PostgreSQL's own limits. */
export const milliseconds = z
  .int()
  .min(1)
  .max(2 ** 31 - 1);
export const count = z.int().min(1);
export const countOrZero = z.int().min(0);
/** Of a whole, more than nothing. */
export const share = z.number().min(0.01).max(1);
export const byteCount = z
  .int()
  .min(1)
  .max(2 ** 40);
export const hostPort = text
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, "must be host:port")
  .refine(isAddress, "must be host:port, with a host name or address and a port up to 65535");
export const postgresUrl = text
  .regex(/^postgres(ql)?:\/\//, "must be a postgres:// URL")
  .superRefine((url, context) => {
    for (const message of problemsOfUrl(url)) context.addIssue({ code: "custom", message });
  });
export const httpUrl = text
  .regex(/^(https?:\/\/)?[^\s/]+$/, "must be host:port or an http:// or https:// URL")
  .refine(
    (url) => URL.canParse(/^https?:/.test(url) ? url : `http://${url}`),
    "is no URL: the host is wrong, or the port",
  );
export const memorySize = text
  .regex(/^\d+(kB|MB|GB)$/, "must be a PostgreSQL memory size such as 64MB")
  .refine(isWorkMem, "must be 64kB to 2047GB");

/** Settings under one name; absent, all of them have their defaults. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape).prefault({} as never);
}

function isAddress(hostPort: string): boolean {
  return !/[/@?#\\]/.test(hostPort) && URL.canParse(`tcp://${hostPort}`);
}

/** The bounds of PostgreSQL's work_mem. */
function isWorkMem(size: string): boolean {
  const kilobytes =
    Number.parseInt(size, 10) * { k: 1, M: 1024, G: 1024 ** 2 }[size.at(-2) as "k" | "M" | "G"];
  return kilobytes >= 64 && kilobytes <= 2 ** 31 - 1;
}
