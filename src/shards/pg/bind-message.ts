/**
 * The Bind message of PostgreSQL's protocol for values that are large together. pg's own writer starts small
 * and moves to a larger buffer again and again; a write of 15 MB blocked everything for 60 ms. Texts become
 * bytes beforehand, in turns with other work, and large ones are sent as they are, not copied into one
 * message.
 */
import type { TurnQueue } from "../../lib/turns.ts";
import type { StatementValue } from "../statement.ts";
import { toParameter } from "./parameter.ts";

/** A text as its bytes. */
export class TextBytes {
  readonly bytes: Buffer;

  constructor(text: string) {
    this.bytes = Buffer.from(text);
  }
}

/** What a value is on its way into the message: text, bytes of a type's binary format, or NULL. */
export type BindValue = string | TextBytes | Buffer | null;

const BIND = 0x42; // B
const HEADER_BYTES = 5;

/** Larger ones are worth a pass over the values for their lengths. */
const LARGE_BIND_BYTES = 64 * 1024;
/** Texts that are short cost more as a buffer of their own than as text. */
const SHORT_TEXT = 256;
/** Values that are copied: a buffer of their own costs more to send. */
const SMALL_BYTES = 4 * 1024;

/** Of values not encoded before: true when texts and bytes together have more than 64 KiB. */
export function isLargeBind(values: readonly unknown[]): values is readonly BindValue[] {
  let length = 0;
  for (const value of values) {
    if (typeof value === "string" || Buffer.isBuffer(value)) length += value.length;
    else if (value !== null) return false;
  }
  return length > LARGE_BIND_BYTES;
}

/** Values as a Bind message has them, made in turns with other work. */
export async function encodeInTurns(
  values: readonly StatementValue[],
  queue: TurnQueue,
): Promise<readonly unknown[]> {
  const turns = queue.begin();
  const encoded: unknown[] = [];
  for (const value of values) {
    const parameter = toParameter(value);
    const isLong = typeof parameter === "string" && parameter.length > SHORT_TEXT;
    encoded.push(isLong ? new TextBytes(parameter) : parameter);
    if (turns.isOver()) await turns.next();
  }
  return encoded;
}

/** For the unnamed portal; results as text. In parts, to be sent one after another. */
export function bindMessage(statement: string, values: readonly BindValue[]): readonly Buffer[] {
  const sizes = values.map(sizeOf);
  const name = Buffer.from(statement);
  const fixedBytes = HEADER_BYTES + 1 + name.length + 1 + 2 + 2 * values.length + 2 + 4;
  const valueBytes = sizes.reduce((sum, size) => sum + 4 + size, 0);
  const copied = sizes.reduce((sum, size, index) => sum + 4 + (isCopied(values[index], size) ? size : 0), 0);
  const own = Buffer.allocUnsafe(fixedBytes + copied);
  const parts: Buffer[] = [];
  let begin = 0;
  let at = own.writeUInt8(BIND, 0);
  at = own.writeInt32BE(fixedBytes + valueBytes - 1, at);
  at = own.writeUInt8(0, at);
  at += name.copy(own, at);
  at = own.writeUInt8(0, at);
  at = own.writeUInt16BE(values.length, at);
  for (const value of values) at = own.writeInt16BE(Buffer.isBuffer(value) ? 1 : 0, at);
  at = own.writeUInt16BE(values.length, at);
  for (const [index, value] of values.entries()) {
    const size = sizes[index] as number;
    at = own.writeInt32BE(value === null ? -1 : size, at);
    if (typeof value === "string") at += own.write(value, at);
    else if (value !== null) {
      const bytes = bytesOf(value);
      if (isCopied(value, size)) at += bytes.copy(own, at);
      else {
        parts.push(own.subarray(begin, at), bytes);
        begin = at;
      }
    }
  }
  at = own.writeInt16BE(1, at);
  own.writeInt16BE(0, at);
  parts.push(own.subarray(begin));
  return parts;
}

function sizeOf(value: BindValue): number {
  if (value === null) return 0;
  return typeof value === "string" ? Buffer.byteLength(value) : bytesOf(value).length;
}

const bytesOf = (value: TextBytes | Buffer) => (value instanceof TextBytes ? value.bytes : value);

function isCopied(value: BindValue | undefined, size: number): boolean {
  return typeof value === "string" || size <= SMALL_BYTES;
}
