import type { Http2Server, IncomingHttpHeaders } from "node:http2";

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
 * deadline is, the services decide. Call it once, before the server has a connection.
 */
export function capTimeouts(http2Server: Http2Server): void {
  http2Server.prependListener("stream", capTimeout);
}

function capTimeout(_stream: unknown, headers: IncomingHttpHeaders): void {
  const value = headers[HEADER];
  if (value === undefined) return;
  const [, amount, unit = ""] = TIMEOUT.exec(String(value)) ?? [];
  if (Number(amount) * (UNIT_MS[unit] ?? 0) > LONGEST_MS) headers[HEADER] = LONGEST;
}
