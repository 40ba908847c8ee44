/** `/metrics`, `/livez` and `/readyz`. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listen } from "../lib/listen.ts";
import type { Logger } from "../lib/logger.ts";
import type { Metrics } from "./create-metrics.ts";
import { isReady, type Readiness } from "./readiness.ts";

export interface HttpOptions {
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  readonly exposition: Metrics["exposition"];
  readonly readiness: () => Readiness;
  readonly logger: Logger;
}

/** Serves until closed; `address` is the bound `host:port`. Rejects when the address cannot be bound. */
export async function serveHttp(options: HttpOptions): Promise<{ address: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((err: unknown) => {
      options.logger.error({ err, path: request.url }, "http request failed");
      response.writeHead(500).end();
    });
  });
  const address = await listen(server, options.listen);
  return {
    address,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

async function answer(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const send = (status: number, contentType: string, body: string) => {
    response.writeHead(status, { "content-type": contentType, "cache-control": "no-store" }).end(body);
  };
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    return send(405, "text/plain", "method not allowed\n");
  }
  switch (request.url?.split("?", 1)[0]) {
    case "/livez":
      return send(200, "text/plain", "ok\n");
    case "/readyz": {
      const readiness = options.readiness();
      const ready = isReady(readiness);
      return send(ready ? 200 : 503, "application/json", `${JSON.stringify({ ready, ...readiness })}\n`);
    }
    case "/metrics": {
      const { contentType, text } = await options.exposition();
      return send(200, contentType, text);
    }
    default:
      return send(404, "text/plain", "not found\n");
  }
}
