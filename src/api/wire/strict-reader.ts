import { isUtf8 } from "node:buffer";
import protobuf from "protobufjs/minimal.js";

/** What no valid UTF-8 decodes to: half of a surrogate pair. */
const NOT_UTF8 = "\ud800";

/**
 * Reads the protobuf wire format and keeps invalid UTF-8 apart. protobufjs replaces it by U+FFFD, which is
 * also a character clients may send; here such a text ends in a lone surrogate, so the check of the text
 * (`toText`) can refuse it and name its field. The decoders that protobufjs generates take it in place of the
 * bytes.
 */
export class StrictReader extends protobuf.BufferReader {
  override bytes(): Buffer {
    return super.bytes() as Buffer;
  }

  override string(): string {
    const bytes = this.bytes();
    const text = bytes.toString("utf8");
    return text.includes("\ufffd") && !isUtf8(bytes) ? text + NOT_UTF8 : text;
  }

  /**
   * Calls `onField` with each tag up to the end of the message; it reads the value or calls `skipType(tag &
   * 7)`. A tag is `(field number << 3) | wire type`, so a known field with another wire type counts as
   * unknown, as protobuf says.
   */
  fields(onField: (tag: number) => void): void {
    while (this.nextField(onField));
  }

  /** The next field only; false when there was none. */
  nextField(onField: (tag: number) => void): boolean {
    if (this.pos >= this.len) {
      // A skipped or fixed-length value may have passed the end of a message inside another.
      if (this.pos > this.len) throw new RangeError("a field is longer than its message");
      return false;
    }
    const tag = this.uint32();
    if (tag >>> 3 === 0) throw new RangeError("field number 0");
    onField(tag);
    return true;
  }

  /** The same for a message inside this one: its length, then its fields. */
  message(onField: (tag: number) => void): void {
    const outerEnd = this.len;
    const end = this.uint32() + this.pos;
    if (end > outerEnd) throw new RangeError("a message is longer than the one around it");
    this.len = end;
    this.fields(onField);
    this.len = outerEnd;
  }
}
