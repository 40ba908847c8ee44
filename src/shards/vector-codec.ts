/**
 * pgvector's binary format of `vector`: int16 dimension, int16 zero, then float32 numbers, all big-endian
 * (vector_send and vector_recv in pgvector's src/vector.c).
 */

const HEADER_BYTES = 4;

/** The value as a binary parameter: 4 + 4 x dimension bytes. */
export function encodeVector(vector: Float32Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + 4 * vector.length);
  bytes.writeInt16BE(vector.length, 0);
  bytes.writeInt16BE(0, 2);
  const numbers = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
  bytes.set(numbers, HEADER_BYTES);
  bytes.subarray(HEADER_BYTES).swap32();
  return bytes;
}

/** The value of a binary column. Copies, so the message it came in can be freed. Throws RangeError on other bytes. */
export function decodeVector(bytes: Buffer): Float32Array {
  const dimension = bytes.length < HEADER_BYTES ? -1 : bytes.readInt16BE(0);
  if (bytes.length !== HEADER_BYTES + 4 * dimension) {
    throw new RangeError(`not a vector: ${bytes.length} bytes for dimension ${dimension}`);
  }
  const numbers = new ArrayBuffer(4 * dimension);
  const copy = Buffer.from(numbers);
  bytes.copy(copy, 0, HEADER_BYTES);
  copy.swap32();
  return new Float32Array(numbers);
}
