/** Cancels what a connection is running, on the server. */
import { connect } from "node:net";
import type { PoolClient } from "pg";

const CANCEL_REQUEST_CODE = 80877102;
/** How long a cancelled statement may take to end. */
const GRACE_MS = 1_000;

interface Backend {
  readonly host: string;
  readonly port: number;
  readonly processId: number;
  readonly secretKey: number;
}

/**
 * Cancels the statement under way and waits until both the cancel and the statement have ended, so that a
 * late cancel cannot hit the connection's next statement. Resolves with what `ended` resolved with, or with
 * `too late` when that takes more than a second, or when the cancel was not answered: then the connection
 * must not be used again.
 */
export async function cancelStatement<End extends object>(
  client: PoolClient,
  ended: Promise<End>,
): Promise<End | "too late"> {
  const { host, port, processID, secretKey } = client as PoolClient & {
    readonly host: string;
    readonly port: number;
    readonly processID: number;
    readonly secretKey: number;
  };
  const cancelled = sendCancelRequest({ host, port, processId: processID, secretKey }, GRACE_MS);
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<"too late">((resolve) => {
    timer = setTimeout(() => resolve("too late"), GRACE_MS);
  });
  const result = await Promise.race([Promise.all([ended, cancelled]), tooLate]);
  clearTimeout(timer);
  if (result === "too late") return result;
  const [end, answered] = result;
  return answered ? end : "too late";
}

/**
 * Sends a CancelRequest on a separate connection (PostgreSQL protocol, "Canceling Requests in Progress";
 * the server takes it before TLS and authentication). True when the server has closed that connection, which
 * it does after signalling the backend. False when it could not be sent or was not answered within
 * `timeoutMs`: it may still arrive.
 */
function sendCancelRequest(backend: Backend, timeoutMs: number): Promise<boolean> {
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
