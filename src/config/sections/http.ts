import { count, hostPort, milliseconds, section } from "../values.ts";

/** The HTTP server of metrics and probes. */
export const http = section({
  listen: hostPort.default("127.0.0.1:8080").describe("Where /metrics, /livez and /readyz listen."),
  maxConnections: count.default(256).describe("Open connections; further ones are closed."),
  maxConnectionsPerPeer: count
    .default(64)
    .describe("Open connections of one address (of IPv6: one network of 64 bits)."),
  requestTimeoutMs: milliseconds.default(10_000).describe("Time to send a request, from connecting on."),
  answerTimeoutMs: milliseconds.default(30_000).describe("Time to get an answer and to read it."),
  idleTimeoutMs: milliseconds.default(5_000).describe("Time between two requests on one connection."),
});
