import type { EventEmitter } from "node:events";
import type { IncomingHttpHeaders } from "node:http2";
import type { Server } from "@grpc/grpc-js";

const HEADER = "grpc-timeout";
/** As grpc-js reads the header (build/src/server-interceptors.js). */
const TIMEOUT = /(\d{1,8})\s*([HMSmun])/;
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000 };
/** The most milliseconds that grpc-js and Node's timers count to, 24.8 days; whole seconds of them. */
const LONGEST_MS = 2 ** 31 - 1;
const LONGEST = `${Math.floor(LONGEST_MS / 1_000)}S`;

/**
 * Makes calls with a timeout of 2^31 ms or more end later than at once: grpc-js counts it in 32 bits and sets
 * a timer by it before any interceptor sees the call. So the header is capped as it arrives; what the longest
 * deadline is, the services decide. Call it once the server is bound, before the event loop turns.
 */
export function capTimeouts(server: Server): void {
  const { http2Servers } = server as unknown as { readonly http2Servers: ReadonlyMap<EventEmitter, unknown> };
  for (const http2Server of http2Servers.keys()) http2Server.prependListener("stream", capTimeout);
}

function capTimeout(_stream: unknown, headers: IncomingHttpHeaders): void {
  const value = headers[HEADER];
  if (value === undefined) return;
  const [, amount, unit = ""] = TIMEOUT.exec(String(value)) ?? [];
  if (Number(amount) * (UNIT_MS[unit] ?? 0) > LONGEST_MS) headers[HEADER] = LONGEST;
}
