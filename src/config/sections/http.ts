import { hostPort, section } from "../values.ts";

/** The HTTP server of metrics and probes. */
export const http = section({
  listen: hostPort.default("127.0.0.1:8080").describe("Where /metrics, /livez and /readyz listen."),
});
