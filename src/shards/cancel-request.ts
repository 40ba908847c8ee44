/** Asks a PostgreSQL server to cancel what one of its backends is running. */
import { connect } from "node:net";

const CANCEL_REQUEST_CODE = 80877102;

export interface Backend {
  readonly host: string;
  readonly port: number;
  readonly processId: number;
  readonly secretKey: number;
}

/**
 * Sends a CancelRequest on a connection of its own (PostgreSQL protocol, "Canceling Requests in Progress"; the server
 * takes it before TLS and authentication). Resolves when the server has closed that connection, which it does after
 * signalling the backend, or after `timeoutMs`; never rejects: a cancel that got lost is found by the caller's wait.
 */
export function sendCancelRequest(backend: Backend, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = backend.host.startsWith("/")
      ? connect({ path: `${backend.host}/.s.PGSQL.${backend.port}` })
      : connect({ host: backend.host, port: backend.port });
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve();
    };
    const timer = setTimeout(finish, timeoutMs);
    socket.once("error", finish).once("close", finish).resume();
    const message = Buffer.alloc(16);
    message.writeInt32BE(16, 0);
    message.writeInt32BE(CANCEL_REQUEST_CODE, 4);
    message.writeInt32BE(backend.processId, 8);
    message.writeInt32BE(backend.secretKey, 12);
    socket.write(message);
  });
}
