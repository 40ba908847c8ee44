import { constants } from "node:http2";
import type { Socket } from "node:net";

const SETTINGS = 4;
const GOAWAY = 7;
/** How long the client may take to read why. */
const LINGER_MS = 1_000;

/**
 * Tells a client that it is not served: the server's preface and a GOAWAY with the reason, as text. Costs no
 * HTTP/2 session.
 */
export function refuseSocket(socket: Socket, why: string): void {
  const text = Buffer.from(why);
  const goaway = Buffer.alloc(8);
  goaway.writeUInt32BE(constants.NGHTTP2_ENHANCE_YOUR_CALM, 4);
  socket.on("error", () => {});
  socket.setTimeout(LINGER_MS, () => socket.destroy());
  socket.end(Buffer.concat([frame(SETTINGS, []), frame(GOAWAY, [goaway, text])]), () => socket.destroy());
}

/** A frame of the whole connection, without flags. */
function frame(type: number, payload: readonly Buffer[]): Buffer {
  const body = Buffer.concat(payload);
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head.writeUInt8(type, 3);
  return Buffer.concat([head, body]);
}
