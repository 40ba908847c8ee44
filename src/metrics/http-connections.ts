import type { Server } from "node:http";
import type { Socket } from "node:net";
import { type ConnectionCounts, PeerConnections, peerOf } from "../lib/peer-connections.ts";

/** Why a connection of the HTTP server was ended. */
export type HttpRefusal =
  | "connections"
  | "connections_per_peer"
  | "request_timeout"
  | "answer_timeout"
  | "pipelined";

/** Notified of the connections of the HTTP server; implemented by the metrics. */
export interface HttpObserver {
  opened(): void;
  closed(): void;
  refused(reason: HttpRefusal): void;
}

/** Counts the server's connections; those over a limit are closed before anything is read. */
export function limitConnections(
  server: Server,
  limits: ConnectionCounts,
  { opened, closed, refused }: HttpObserver,
): void {
  const peers = new PeerConnections(limits);
  server.prependListener("connection", (socket: Socket) => {
    const peer = peerOf(socket.remoteAddress);
    const refusal = peers.add(peer);
    if (refusal !== undefined) {
      refused(refusal);
      socket.destroy();
      return;
    }
    opened();
    socket.once("close", () => {
      peers.remove(peer);
      closed();
    });
  });
}
