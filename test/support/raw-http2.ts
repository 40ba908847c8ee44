/** An HTTP/2 client of single frames, which can be as slow, silent and rude as a test needs it. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { waitFor } from "./wait-for.ts";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export const FRAME = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const;

export const FLAG = { endStream: 1, ack: 1, endHeaders: 4 } as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export interface RawOptions {
  /** The client's own address, and port. */
  readonly from?: string;
  readonly fromPort?: number;
  /** Sent first; [] sends the preface alone, undefined nothing at all. */
  readonly hello?: readonly Buffer[] | undefined;
  /** Whether pings are answered; default true. */
  readonly pongs?: boolean;
  /** Whether anything is read; default true. */
  readonly reads?: boolean;
}

/** Connects; what it sends at first is the preface and settings, unless told otherwise. */
export async function connectRaw(address: string, options: RawOptions = {}) {
  const { from, fromPort, pongs = true, reads = true } = options;
  const silent = "hello" in options && options.hello === undefined;
  const hello = silent ? [] : (options.hello ?? [settings()]);
  const at = address.lastIndexOf(":");
  const socket = connect({
    host: address.slice(0, at),
    port: Number(address.slice(at + 1)),
    ...(from === undefined ? {} : { localAddress: from }),
    ...(fromPort === undefined ? {} : { localPort: fromPort }),
  });
  socket.setNoDelay();
  const frames: Frame[] = [];
  const windows = new Map<number, number>();
  let closed = false;
  socket.on("error", () => {});
  socket.on("close", () => {
    closed = true;
  });
  await once(socket, "connect");
  if (!silent) socket.write(Buffer.concat([PREFACE, ...hello]));
  const receive = (frame: Frame) => {
    frames.push(frame);
    const acked = (frame.flags & FLAG.ack) !== 0;
    // Before its own settings a client may send no others.
    if (frame.type === FRAME.settings && !acked && hello.length > 0)
      socket.write(encode(FRAME.settings, FLAG.ack));
    if (frame.type === FRAME.ping && !acked && pongs) {
      socket.write(encode(FRAME.ping, FLAG.ack, 0, frame.payload));
    }
    if (frame.type === FRAME.window) {
      windows.set(frame.stream, (windows.get(frame.stream) ?? 0) + frame.payload.readUInt32BE());
    }
  };
  if (reads) readFrames(socket, receive);
  const of = (type: number, stream: number) =>
    frames.filter((frame) => frame.type === type && frame.stream === stream);
  return {
    socket,
    frames,
    send: (...parts: readonly Buffer[]) => socket.write(Buffer.concat(parts)),
    get closed() {
      return closed;
    },
    /** The text of the server's GOAWAY; undefined without one. */
    get goaway() {
      return of(FRAME.goaway, 0)[0]?.payload.subarray(8).toString();
    },
    /** The code of the server's RST_STREAM. */
    reset: (stream: number) => of(FRAME.reset, stream)[0]?.payload.readUInt32BE(),
    answered: (stream: number) => of(FRAME.headers, stream).length > 0,
    async untilClosed() {
      await waitFor(() => closed, { intervalMs: 5, what: "the end of the connection" });
    },
    /** Sends a body as the server takes it, unless the server ends the call. */
    async sendBody(stream: number, body: Buffer, lookEveryMs = 1) {
      let sent = 0;
      while (sent < body.length) {
        const mayBe = Math.min(65_535 + (windows.get(stream) ?? 0), 65_535 + (windows.get(0) ?? 0)) - sent;
        const part = body.subarray(sent, sent + Math.min(mayBe, 16_384));
        if (part.length > 0) socket.write(data(stream, part));
        else await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
        sent += part.length;
        if (closed || of(FRAME.reset, stream).length > 0) return;
      }
    },
  };
}

export type RawClient = Awaited<ReturnType<typeof connectRaw>>;

function readFrames(socket: Socket, receive: (frame: Frame) => void): void {
  let pending: Buffer = Buffer.alloc(0);
  socket.on("data", (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    while (pending.length >= 9) {
      const end = 9 + pending.readUIntBE(0, 3);
      if (pending.length < end) return;
      receive({
        type: pending.readUInt8(3),
        flags: pending.readUInt8(4),
        stream: pending.readUInt32BE(5),
        payload: pending.subarray(9, end),
      });
      pending = pending.subarray(end);
    }
  });
}

export function encode(type: number, flags = 0, stream = 0, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Pairs of identifier and value, as `[4, 0]` for an initial window of 0. */
export function settings(...pairs: readonly (readonly [number, number])[]): Buffer {
  const payload = Buffer.alloc(6 * pairs.length);
  for (const [at, [id, value]] of pairs.entries()) {
    payload.writeUInt16BE(id, 6 * at);
    payload.writeUInt32BE(value, 6 * at + 2);
  }
  return encode(FRAME.settings, 0, 0, payload);
}

export function data(stream: number, bytes: Buffer, flags = 0): Buffer {
  return encode(FRAME.data, flags, stream, bytes);
}

export function reset(stream: number): Buffer {
  return encode(FRAME.reset, 0, stream, Buffer.from([0, 0, 0, 8]));
}

/** The headers of a gRPC call, none of them compressed. */
export function headers(
  stream: number,
  path: string,
  more: Readonly<Record<string, string>> = {},
  flags: number = FLAG.endHeaders,
): Buffer {
  const all = {
    ":method": "POST",
    ":scheme": "http",
    ":path": path,
    ":authority": "test",
    "content-type": "application/grpc",
    te: "trailers",
    ...more,
  };
  const block = Object.entries(all).flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]);
  return encode(FRAME.headers, flags, stream, Buffer.concat(block));
}

/** A gRPC message of so many bytes as its length prefix says; `present` of them are there. */
export function message(body: Buffer, length = body.length, compressed = false): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(compressed ? 1 : 0, 0);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, body]);
}

/** A text of HPACK: its length as an integer with a prefix of 7 bits, and its bytes. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length: number[] = [];
  if (bytes.length < 127) length.push(bytes.length);
  else {
    let rest = bytes.length - 127;
    length.push(127);
    for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}
