/**
 * The Bind message of PostgreSQL's protocol for values that are large together. pg's own writer starts small
 * and moves to a larger buffer again and again; a write of 15 MB blocked everything for 60 ms.
 */

/** What a value is on its way into the message: text, bytes of a type's binary format, or NULL. */
export type BindValue = string | Buffer | null;

const BIND = 0x42; // B
const HEADER_BYTES = 5;

/** Larger ones are worth a pass over the values for their lengths. */
export const LARGE_BIND_BYTES = 64 * 1024;

/** True when the texts and bytes together have more than `LARGE_BIND_BYTES`. */
export function isLargeBind(values: readonly unknown[]): values is readonly BindValue[] {
  let length = 0;
  for (const value of values) {
    if (typeof value === "string" || Buffer.isBuffer(value)) length += value.length;
    else if (value !== null) return false;
  }
  return length > LARGE_BIND_BYTES;
}

/** For the unnamed portal; results as text. */
export function bindMessage(statement: string, values: readonly BindValue[]): Buffer {
  const sizes = values.map((value) => (value === null ? 0 : Buffer.byteLength(value)));
  const valueBytes = sizes.reduce((sum, size) => sum + 4 + size, 0);
  const name = Buffer.from(statement);
  const message = Buffer.allocUnsafe(
    HEADER_BYTES + 1 + name.length + 1 + 2 + 2 * values.length + 2 + valueBytes + 4,
  );
  let at = message.writeUInt8(BIND, 0);
  at = message.writeInt32BE(message.length - 1, at);
  at = message.writeUInt8(0, at);
  at += name.copy(message, at);
  at = message.writeUInt8(0, at);
  at = message.writeUInt16BE(values.length, at);
  for (const value of values) at = message.writeInt16BE(Buffer.isBuffer(value) ? 1 : 0, at);
  at = message.writeUInt16BE(values.length, at);
  for (const [index, value] of values.entries()) {
    at = message.writeInt32BE(value === null ? -1 : (sizes[index] as number), at);
    if (typeof value === "string") at += message.write(value, at);
    else if (value !== null) at += value.copy(message, at);
  }
  at = message.writeInt16BE(1, at);
  message.writeInt16BE(0, at);
  return message;
}
