/**
 * Puts a large request together as it comes. grpc-js keeps its pieces and copies all of them when the last
 * one is there, which for 16 MB keeps everybody waiting for 10 ms.
 */

/** The private parts of grpc-js's decoder that are used here. */
export interface StreamDecoder {
  readState: number;
  readonly readCompressFlag: Buffer;
  readonly readPartialSize: Buffer;
  /** Bytes of a message that has begun, without its framing. */
  readonly readMessageSize: number;
  readMessageRemaining: number;
  readPartialMessage: Buffer[];
  /** Takes a piece; returns the messages that are complete, with their framing. */
  write(data: Buffer): Buffer[];
}

const FRAMING_BYTES = 5;
/** grpc-js's state between two messages. */
const NO_DATA = 0;
/** Messages of which less is to come are copied by grpc-js. */
const LARGE_BYTES = 256 * 1024;
/** Of what came before there was a buffer, copied with each piece that comes after. */
const BACKLOG_PIECES = 3;

/** To be called after each piece that grpc-js's decoder has taken. */
export function gatherLargeMessage(decoder: StreamDecoder): void {
  if (decoder.readMessageRemaining <= LARGE_BYTES) return;
  // It takes the pieces itself by now.
  if (Object.hasOwn(decoder, "write")) return;
  const message = new GatheredMessage(decoder);
  decoder.readPartialMessage = [];
  decoder.write = (data) => {
    const used = message.add(data);
    if (!message.complete) return [];
    Reflect.deleteProperty(decoder, "write");
    decoder.readState = NO_DATA;
    decoder.readMessageRemaining = 0;
    const whole = message.whole();
    return used === data.length ? [whole] : [whole, ...decoder.write(data.subarray(used))];
  };
}

class GatheredMessage {
  readonly #framing: readonly Buffer[];
  readonly #length: number;
  /** Pieces not copied yet, the first of them from `#copied` on. */
  readonly #pieces: Buffer[];
  #copied = FRAMING_BYTES;
  #nextPiece = 0;
  #arrived: number;
  /** Only once half of it has come: the other half may never come. */
  #bytes: Buffer | undefined;

  constructor({ readCompressFlag, readPartialSize, readMessageSize, readPartialMessage }: StreamDecoder) {
    this.#framing = [Buffer.from(readCompressFlag), Buffer.from(readPartialSize)];
    this.#length = FRAMING_BYTES + readMessageSize;
    this.#pieces = readPartialMessage;
    this.#arrived = FRAMING_BYTES + readPartialMessage.reduce((sum, piece) => sum + piece.length, 0);
  }

  get complete(): boolean {
    return this.#arrived === this.#length;
  }

  /** Returns how many bytes of the piece belong to the message. */
  add(data: Buffer): number {
    const piece = data.subarray(0, this.#length - this.#arrived);
    if (this.#bytes === undefined) {
      this.#pieces.push(piece);
      this.#arrived += piece.length;
      if (2 * this.#arrived >= this.#length) this.#bytes = this.#begin();
      return piece.length;
    }
    piece.copy(this.#bytes, this.#arrived);
    this.#arrived += piece.length;
    this.#copyBacklog(this.#bytes, this.#nextPiece + BACKLOG_PIECES);
    return piece.length;
  }

  whole(): Buffer {
    const bytes = this.#bytes ?? this.#begin();
    this.#copyBacklog(bytes, this.#pieces.length);
    return bytes;
  }

  #begin(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#length);
    let at = 0;
    for (const part of this.#framing) at += part.copy(bytes, at);
    return bytes;
  }

  #copyBacklog(bytes: Buffer, end: number): void {
    for (; this.#nextPiece < Math.min(end, this.#pieces.length); this.#nextPiece += 1) {
      const piece = this.#pieces[this.#nextPiece] as Buffer;
      this.#copied += piece.copy(bytes, this.#copied);
      this.#pieces[this.#nextPiece] = EMPTY;
    }
  }
}

const EMPTY = Buffer.alloc(0);
