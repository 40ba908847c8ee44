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
 * Sends a CancelRequest on a separate connection (PostgreSQL protocol, "Canceling Requests in Progress";
 * the server takes it before TLS and authentication). True when the server has closed that connection, which
 * it does after signalling the backend. False when it could not be sent or was not answered within
 * `timeoutMs`: it may still arrive.
 */
export function sendCancelRequest(backend: Backend, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = backend.host.startsWith("/")
      ? connect({ path: `${backend.host}/.s.PGSQL.${backend.port}` })
      : connect({ host: backend.host, port: backend.port });
    const finish = (answered: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answered);
    };
    const timer = setTimeout(() => finish(false), timeoutMs);
    socket
      .once("error", () => finish(false))
      .once("end", () => finish(true))
      .resume();
    const message = Buffer.alloc(16);
    message.writeInt32BE(16, 0);
    message.writeInt32BE(CANCEL_REQUEST_CODE, 4);
    message.writeInt32BE(backend.processId, 8);
    message.writeInt32BE(backend.secretKey, 12);
    socket.write(message);
  });
}
