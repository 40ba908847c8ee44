import { invalidField } from "../../errors.ts";

/** A text that PostgreSQL can store: valid UTF-8 (see StrictReader) without U+0000. Throws naming `path`. */
export function toText(text: string, path: string): string {
  if (!text.isWellFormed()) throw invalidField(path, "is not valid UTF-8");
  if (text.includes("\0")) throw invalidField(path, "must not contain U+0000");
  return text;
}

/** Whether `toText` takes it. */
export function isText(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

/** A name or key: 1 to `maxBytes` bytes of UTF-8 without control characters. Throws naming `path`. */
export function toName(text: string, path: string, maxBytes: number): string {
  if (/\p{Cc}/u.test(text)) throw invalidField(path, "must not contain control characters");
  return toSizedText(text, path, maxBytes);
}

/** A text of 1 to `maxBytes` bytes. Throws naming `path`. */
export function toSizedText(text: string, path: string, maxBytes: number): string {
  if (text === "") throw invalidField(path, "must not be empty");
  const bytes = Buffer.byteLength(toText(text, path));
  if (bytes > maxBytes) throw invalidField(path, `has ${bytes} bytes, at most ${maxBytes} are allowed`);
  return text;
}
