import { constants, type ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { peerOf } from "../../../lib/peer-connections.ts";

/** Times without a call after which a connection ends. */
export interface IdleLimits {
  readonly idleTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

/** One client's connection: its socket, and the HTTP/2 session on it once there is one. */
export class Connection<Call> {
  readonly socket: Socket;
  /** Whose it is, for limits per peer. */
  readonly peer: string;
  readonly openedMs: number;
  readonly calls = new Set<Call>();
  session: ServerHttp2Session | undefined;
  /** The client has sent its preface and its settings. */
  settled = false;
  /** A request on it was complete once. */
  #useful = false;
  #lastCallMs: number;
  #used = false;
  /** It had a call. */
  #tried = false;
  #writtenBytes = 0;
  #ending = false;

  constructor(socket: Socket, nowMs: number) {
    this.socket = socket;
    this.peer = peerOf(socket.remoteAddress);
    this.openedMs = nowMs;
    this.#lastCallMs = nowMs;
  }

  /** Bytes that the socket took since the last call. */
  takeWrittenBytes(): number {
    const before = this.#writtenBytes;
    this.#writtenBytes = this.socket.bytesWritten;
    return this.#writtenBytes - before;
  }

  add(call: Call): void {
    this.calls.add(call);
    this.#used = true;
  }

  /** To be called when the request of a call is complete. */
  noteRequest(): void {
    this.#useful = true;
  }

  /**
   * Whether it had no call for so long; with calls of which not one request was ever complete, for the
   * shorter time that a request has. To be asked now and then.
   */
  isIdle(nowMs: number, { idleTimeoutMs, requestTimeoutMs }: IdleLimits): boolean {
    if (this.#used || this.calls.size > 0) {
      this.#lastCallMs = nowMs;
      this.#tried = true;
    }
    this.#used = false;
    const timeoutMs =
      this.#tried && !this.#useful ? Math.min(idleTimeoutMs, requestTimeoutMs) : idleTimeoutMs;
    return nowMs - this.#lastCallMs > timeoutMs;
  }

  /** Calls under way go on, new ones are told to go elsewhere; without calls it ends at once. */
  close(): void {
    this.session?.close();
  }

  /** Ends it with everything on it; the client is told why where it listens. */
  refuse(why: string): void {
    this.#ending = true;
    const { session } = this;
    if (session === undefined || session.destroyed) {
      this.socket.destroy();
      return;
    }
    session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from(why));
    // At once, another one without a reason would go out in its place.
    setImmediate(() => session.destroy());
  }

  /**
   * Whether its session has ended. A destroyed session first sends what it has, and waits for ever for a
   * client that does not read; so the second time the socket is destroyed.
   */
  hasEnded(): boolean {
    if (!this.#ending && this.session?.destroyed !== true) return false;
    if (this.#ending) this.socket.destroy();
    this.#ending = true;
    return true;
  }
}
