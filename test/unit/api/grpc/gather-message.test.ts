import { createRequire } from "node:module";
import { expect, it } from "vitest";
import {
  gatherLargeMessage,
  type StreamDecoder,
} from "../../../../src/api/grpc/connections/gather-message.ts";

const require = createRequire(import.meta.url);
const { StreamDecoder: Decoder } = require("@grpc/grpc-js/build/src/stream-decoder.js") as {
  readonly StreamDecoder: new (maxBytes: number) => StreamDecoder;
};

const KIB = 1024;

function framed(body: Buffer, compressed: number): Buffer {
  const framing = Buffer.from([compressed, 0, 0, 0, 0]);
  framing.writeUInt32BE(body.length, 1);
  return Buffer.concat([framing, body]);
}

/** As it would arrive, in pieces of these sizes in turn. */
function* piecesOf(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] as number;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

it("messages of any size arrive whole and in order, however they are cut into pieces", () => {
  const messages = [0, 10, 300 * KIB, 2_000 * KIB, 7, 256 * KIB + 1, 5_000 * KIB].map((size, index) =>
    framed(Buffer.alloc(size, `message ${index} of ${size}, `), index % 2),
  );
  for (const sizes of [[16 * KIB], [3, 16 * KIB, 1], [700 * KIB], [64 * KIB, 16 * KIB], [10_000 * KIB]]) {
    const decoder = new Decoder(-1);
    const arrived: Buffer[] = [];
    for (const piece of piecesOf(Buffer.concat(messages), sizes)) {
      arrived.push(...decoder.write(piece));
      gatherLargeMessage(decoder);
    }
    expect(arrived.map((message, index) => message.equals(messages[index] as Buffer))).toEqual(
      messages.map(() => true),
    );
  }
});

it("the last piece of a large message leaves little to be copied", () => {
  const message = framed(Buffer.alloc(16 * KIB * KIB, "x"), 0);
  const decoder = new Decoder(-1);
  const pieces = [...piecesOf(message, [16 * KIB])];
  let copied = 0;
  let most = 0;
  const { copy } = Buffer.prototype;
  const { concat } = Buffer;
  Buffer.concat = (...args) => {
    const whole = concat(...args);
    copied += whole.length;
    return whole;
  };
  Buffer.prototype.copy = function (...args: Parameters<Buffer["copy"]>) {
    const bytes = copy.apply(this, args);
    copied += bytes;
    return bytes;
  };
  try {
    for (const piece of pieces) {
      copied = 0;
      decoder.write(piece);
      gatherLargeMessage(decoder);
      most = Math.max(most, copied);
    }
  } finally {
    Buffer.prototype.copy = copy;
    Buffer.concat = concat;
  }
  expect(most).toBeLessThanOrEqual(5 * 16 * KIB);
});
