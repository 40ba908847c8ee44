/** `/metrics`, `/livez` and `/readyz`. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Config } from "../config/schema.ts";
import { listen } from "../lib/listen.ts";
import type { Logger } from "../lib/logger.ts";
import { createSingleFlight } from "../lib/single-flight.ts";
import type { Metrics } from "./create-metrics.ts";
import { type HttpObserver, limitConnections } from "./http-connections.ts";
import { isReady, type Readiness } from "./readiness.ts";

export interface HttpOptions {
  /** Port 0 takes a free one. */
  readonly settings: Config["http"];
  readonly exposition: Metrics["exposition"];
  readonly readiness: () => Readiness;
  readonly observer: HttpObserver;
  readonly logger: Logger;
}

/** What Node looks for, at least as often as this. */
const LOOK_EVERY_MS = 1_000;

/** Serves until closed; `address` is the bound `host:port`. Rejects when the address cannot be bound. */
export async function serveHttp({
  settings,
  observer,
  ...options
}: HttpOptions): Promise<{ address: string; close(): Promise<void> }> {
  const { requestTimeoutMs, answerTimeoutMs, idleTimeoutMs } = settings;
  // Scrapes at once share one text.
  const sources = { ...options, exposition: createSingleFlight(options.exposition) };
  const answering = new WeakSet<object>();
  const server = createServer(
    {
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: idleTimeoutMs,
      connectionsCheckingInterval: Math.min(LOOK_EVERY_MS, requestTimeoutMs / 4),
    },
    (request, response) => {
      const { socket } = request;
      // Requests that come without waiting for answers would all be answered into memory.
      if (answering.has(socket)) {
        observer.refused("pipelined");
        socket.destroy();
        return;
      }
      answering.add(socket);
      const timer = setTimeout(() => {
        observer.refused("answer_timeout");
        socket.destroy();
      }, answerTimeoutMs);
      response.once("close", () => {
        clearTimeout(timer);
        answering.delete(socket);
      });
      answer(sources, request, response).catch((err: unknown) => {
        options.logger.error({ err, path: request.url }, "http request failed");
        response.writeHead(500).end();
      });
    },
  );
  limitConnections(server, settings, observer);
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    const slow = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
    if (slow) observer.refused("request_timeout");
    if (socket.writable) socket.write(`HTTP/1.1 ${slow ? "408 Request Timeout" : "400 Bad Request"}${CLOSE}`);
    socket.destroy();
  });
  const address = await listen(server, settings.listen);
  return {
    address,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

const CLOSE = "\r\nconnection: close\r\n\r\n";

type Sources = Pick<HttpOptions, "exposition" | "readiness">;

async function answer(sources: Sources, request: IncomingMessage, response: ServerResponse): Promise<void> {
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
      const readiness = sources.readiness();
      const ready = isReady(readiness);
      return send(ready ? 200 : 503, "application/json", `${JSON.stringify({ ready, ...readiness })}\n`);
    }
    case "/metrics": {
      const { contentType, text } = await sources.exposition();
      return send(200, contentType, text);
    }
    default:
      return send(404, "text/plain", "not found\n");
  }
}
