/** pgvector's `vector` on the wire: binary to the server, text back (pg decodes every column as UTF-8). */

const HEADER_BYTES = 4;

/**
 * The value as a binary parameter, 4 + 4 x dimension bytes: int16 dimension, int16 zero, then float32
 * numbers, all big-endian (vector_recv in pgvector's src/vector.c).
 */
export function encodeVector(vector: Float32Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + 4 * vector.length);
  bytes.writeInt16BE(vector.length, 0);
  bytes.writeInt16BE(0, 2);
  bytes.set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength), HEADER_BYTES);
  bytes.subarray(HEADER_BYTES).swap32();
  return bytes;
}

/**
 * The value of a text column, `[1,2.5,-3e-05]`: PostgreSQL prints the shortest decimals that read back
 * exactly.
 */
export function parseVector(text: string): Float32Array {
  return Float32Array.from(JSON.parse(text) as number[]);
}
