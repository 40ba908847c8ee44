import { constants, type ServerHttp2Stream } from "node:http2";
import type { StatusObject } from "@grpc/grpc-js";
import type { ByteBudget } from "../../../lib/byte-budget.ts";
import { ProgressDeadline, type ProgressLimits } from "../../../lib/progress-deadline.ts";
import type { Connection } from "./connection.ts";

/** What an open call costs beside its message: measured 8 KiB, and its headers. */
const CALL_BYTES = 16 * 1024;
/** What a piece of a message costs beside its bytes. */
const PIECE_BYTES = 256;
/** Pieces below this size on average, once there are many, only cost. */
const SMALL_PIECE = { bytes: 64, fromPieces: 1000 } as const;

/** What all calls of a server share. */
export interface CallLimits {
  /** Of requests that are not complete, and of streams while they last. */
  readonly requests: ByteBudget;
  /** Of answers that were not read yet. */
  readonly answers: ByteBudget;
  readonly request: ProgressLimits;
  readonly answer: ProgressLimits;
}

/** grpc-js's call. */
export interface AnsweringCall {
  readonly stream: ServerHttp2Stream;
  sendStatus(status: StatusObject): void;
}

/** A call as the connection it came on sees it. */
export interface CallTransport {
  readonly grpcCall: AnsweringCall;
  readonly connection: Connection<GuardedCall>;
  /** `/package.Service/Method`. */
  readonly path: string;
  /** A stream in one direction or both: it lasts as long as its client likes. */
  readonly streaming: boolean;
}

/**
 * What an open call holds, and how long its client may keep it waiting: for the rest of its request, and for
 * its answer to be read. What a unary call holds while it is served is counted by others.
 */
export class GuardedCall {
  readonly transport: CallTransport;
  readonly #limits: CallLimits;
  #requestBytes = 0;
  #receivedBytes = 0;
  #pieces = 0;
  #receivedBefore = 0;
  #awaitsRequest = true;
  #requestDeadline: ProgressDeadline | undefined;
  #answerBytes = 0;
  #answerDeadline: ProgressDeadline | undefined;
  /** Answered before its request was complete. */
  #lingers = false;
  #ended = false;

  constructor(transport: CallTransport, limits: CallLimits) {
    this.transport = transport;
    this.#limits = limits;
    transport.connection.add(this);
  }

  get requestBytes(): number {
    return this.#requestBytes;
  }

  get answerBytes(): number {
    return this.#answerBytes;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get comesInSmallPieces(): boolean {
    return this.#pieces >= SMALL_PIECE.fromPieces && this.#receivedBytes < this.#pieces * SMALL_PIECE.bytes;
  }

  /** Counts the call itself; false when all calls hold too much. */
  opened(): boolean {
    return this.#hold(CALL_BYTES);
  }

  /** Counts a piece of its request; false when all calls hold too much. */
  received(bytes: number): boolean {
    // What comes after the end is thrown away.
    if (this.#ended) return true;
    this.#awaitsRequest = true;
    this.#receivedBytes += bytes;
    this.#pieces += 1;
    return this.#hold(bytes + PIECE_BYTES);
  }

  /** All that was received has reached the method; `complete`: nothing more will come. */
  delivered(complete: boolean): void {
    const { streaming, connection } = this.transport;
    if (this.#ended || (!complete && !streaming)) return;
    connection.noteRequest();
    this.#awaitsRequest = false;
    this.#requestDeadline = undefined;
    this.#pieces = 0;
    this.#receivedBytes = 0;
    this.#receivedBefore = 0;
    this.#hold((streaming ? CALL_BYTES : 0) - this.#requestBytes);
  }

  /** Counts a message of its answer; false when all calls hold too much. */
  answered(bytes: number): boolean {
    if (this.#ended) return true;
    this.#answerBytes += bytes;
    return this.#limits.answers.take(bytes);
  }

  /** Its status was sent while its request may go on. */
  linger(): void {
    this.#lingers = true;
    this.#awaitsRequest = false;
    this.#requestDeadline = undefined;
  }

  /** Frees what it holds. May be called again. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.transport.connection.calls.delete(this);
    this.#hold(-this.#requestBytes);
    this.#limits.answers.give(this.#answerBytes);
    this.#answerBytes = 0;
  }

  /**
   * To be called now and then, with what its connection wrote since. Says what its client has taken too long
   * for; undefined: nothing.
   */
  overdue(nowMs: number, writtenBytes: number): "request_timeout" | "answer_timeout" | undefined {
    const { stream } = this.transport.grpcCall;
    // Sooner, the status would be lost.
    if (this.#lingers && stream.writableFinished) stream.close(constants.NGHTTP2_NO_ERROR);
    this.#progress(nowMs, writtenBytes);
    if ((this.#requestDeadline?.leftMs(nowMs) ?? 0) < 0) return "request_timeout";
    return (this.#answerDeadline?.leftMs(nowMs) ?? 0) < 0 ? "answer_timeout" : undefined;
  }

  /** How long its client may still let its request, or its answer, wait. */
  patienceMs(of: "requests" | "answers", nowMs: number): number {
    const deadline = of === "requests" ? this.#requestDeadline : this.#answerDeadline;
    if (deadline !== undefined) return deadline.leftMs(nowMs);
    return of === "requests" && !this.#awaitsRequest
      ? Number.POSITIVE_INFINITY
      : this.#limits.request.timeoutMs;
  }

  #progress(nowMs: number, writtenBytes: number): void {
    if (this.#awaitsRequest) {
      this.#requestDeadline ??= new ProgressDeadline(this.#limits.request, nowMs);
      this.#requestDeadline.progressed(this.#receivedBytes - this.#receivedBefore, nowMs);
      this.#receivedBefore = this.#receivedBytes;
    }
    // What is left of a message is not known, only whether all of it has gone.
    const unreadBytes = Math.min(this.#answerBytes, this.transport.grpcCall.stream.writableLength);
    this.#limits.answers.give(this.#answerBytes - unreadBytes);
    this.#answerBytes = unreadBytes;
    if (unreadBytes === 0) {
      this.#answerDeadline = undefined;
      return;
    }
    this.#answerDeadline ??= new ProgressDeadline(this.#limits.answer, nowMs);
    this.#answerDeadline.progressed(writtenBytes, nowMs);
  }

  #hold(bytes: number): boolean {
    this.#requestBytes += bytes;
    return this.#limits.requests.take(bytes);
  }
}
