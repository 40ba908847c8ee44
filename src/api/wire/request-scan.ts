/**
 * Reads the bytes of a request for its size only: how many items each repeated field has, how long texts are,
 * how deep it is. It makes no objects, so a request that is over a limit costs little, however the decoder
 * behind it would read it.
 */
import { invalidField } from "../../errors.ts";
import type { TurnQueue } from "../../lib/turns.ts";
import type { BoundedField, BoundedMessage } from "./request-bounds.ts";

/** Fields of one message that are not repeated, or not known here. */
const MAX_OTHER_FIELDS = 1000;
/** A level of a Struct is three messages: its Value, what holds that, and the entry. */
const MAX_DEPTH = 320;

/** A message that has begun and not ended. */
interface Frame {
  message: BoundedMessage;
  /** The field it is the value of; undefined for the request itself. */
  field: BoundedField | undefined;
  /** Where it ends, counted from the start of the request. */
  end: number;
  readonly counts: number[];
  others: number;
  /** Groups that have begun in it: the old form of a message, between two tags. Only skipped. */
  groups: number;
}

/** For one request; its bytes may come in parts. */
export class RequestScan {
  readonly #frames: Frame[] = [];
  #depth = 0;
  /** Bytes read so far. */
  #at = 0;
  /** The number that is being read, bytes of it so far, and what it is. */
  #number = 0;
  #numberBytes = 0;
  #state: "tag" | "length" | "varint" = "tag";
  /** The field of the last tag; undefined when it is not known here. */
  #field: BoundedField | undefined;
  /** Bytes of a value that are left, and whether each varint in them is an item. */
  #left = 0;
  #countsVarints = false;
  /** Of the Struct or Value that is being read. */
  #values = 0;
  #maxValues = 0;
  #structDepth = 0;

  constructor(request: BoundedMessage) {
    this.#enter(request, undefined, Number.POSITIVE_INFINITY);
  }

  /**
   * Throws INVALID_REQUEST naming the first field that is over a limit, RangeError on bytes that are no
   * message.
   */
  push(bytes: Uint8Array): void {
    const start = this.#at;
    const end = start + bytes.length;
    while (this.#at < end) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, end - this.#at);
        if (this.#countsVarints) this.#countVarints(bytes, this.#at - start, step);
        this.#at += step;
        this.#left -= step;
        if (this.#left === 0) this.#endOfField();
        continue;
      }
      const byte = bytes[this.#at - start] as number;
      this.#at += 1;
      if (this.#numberBytes < 5)
        this.#number = (this.#number | ((byte & 127) << (7 * this.#numberBytes))) >>> 0;
      this.#numberBytes += 1;
      if (byte >= 128) {
        if (this.#numberBytes === (this.#state === "varint" ? 10 : 5))
          throw new RangeError("a varint is too long");
        continue;
      }
      this.#takeNumber();
    }
  }

  /** To be called after the last part. Throws RangeError when the message is not whole. */
  end(): void {
    const frame = this.#frames[0];
    if (
      this.#depth !== 1 ||
      this.#left > 0 ||
      this.#state !== "tag" ||
      this.#numberBytes > 0 ||
      frame?.groups
    ) {
      throw new RangeError("the message ends in the middle of a field");
    }
  }

  #takeNumber(): void {
    const number = this.#number;
    const bytes = this.#numberBytes;
    this.#number = 0;
    this.#numberBytes = 0;
    switch (this.#state) {
      case "tag":
        this.#takeTag(number >>> 3, number & 7);
        return;
      case "varint":
        this.#state = "tag";
        // protobufjs reads a number of 32 bits as five bytes or ten, whatever comes after the fifth.
        if (this.#field?.encoding === "varint32" && bytes > 5 && bytes < 10) {
          throw new RangeError("a varint is too long");
        }
        this.#endOfField();
        return;
      default:
        this.#state = "tag";
        this.#takeLength(number);
    }
  }

  #takeTag(fieldNumber: number, wireType: number): void {
    if (fieldNumber === 0) throw new RangeError("field number 0");
    const frame = this.#top();
    const field = frame.groups > 0 ? undefined : frame.message.fields[fieldNumber];
    this.#field = field;
    if (field?.slot === undefined) this.#countOther(frame, field);
    else if (wireType !== 2 || !isPacked(field)) this.#countItems(frame, field, 1);
    // The generated decoders read a known field as their own type, whatever the tag says.
    if (field !== undefined && !fits(field, wireType)) {
      throw invalidField(this.#path(field), "does not have the wire type of this field");
    }
    switch (wireType) {
      case 0:
        this.#state = "varint";
        return;
      case 1:
        this.#left = 8;
        return;
      case 2:
        this.#state = "length";
        return;
      case 3:
        frame.groups += 1;
        this.#endOfField();
        return;
      case 4:
        frame.groups -= 1;
        if (frame.groups < 0) throw new RangeError("a group ends that has not begun");
        this.#endOfField();
        return;
      case 5:
        this.#left = 4;
        return;
      default:
        throw new RangeError(`wire type ${wireType}`);
    }
  }

  #takeLength(length: number): void {
    const frame = this.#top();
    const field = this.#field;
    const end = this.#at + length;
    if (end > frame.end) throw new RangeError("a field is longer than its message");
    if (field !== undefined && length > field.maxBytes) {
      throw invalidField(this.#path(field), `has ${length} bytes, at most ${field.maxBytes} are allowed`);
    }
    if (field?.message !== undefined) {
      if (field.maxValues !== undefined) {
        this.#values = 0;
        this.#maxValues = field.maxValues;
        this.#structDepth = this.#depth;
      }
      this.#enter(field.message, field, end);
      this.#closeEnded();
      return;
    }
    this.#left = length;
    this.#countsVarints = false;
    if (field?.slot !== undefined && isPacked(field)) {
      if (field.encoding === "fixed32") this.#countItems(frame, field, length / 4);
      else if (field.encoding === "fixed64") this.#countItems(frame, field, length / 8);
      else this.#countsVarints = true;
    }
    if (length === 0) this.#endOfField();
  }

  #countVarints(bytes: Uint8Array, from: number, length: number): void {
    const field = this.#field as BoundedField;
    const frame = this.#top();
    for (let index = from; index < from + length; index += 1) {
      if ((bytes[index] as number) < 128) this.#countItems(frame, field, 1);
    }
  }

  #countItems(frame: Frame, field: BoundedField, items: number): void {
    const slot = field.slot as number;
    const count = (frame.counts[slot] ?? 0) + items;
    frame.counts[slot] = count;
    if (count > field.maxItems) {
      throw invalidField(this.#path(field, false), `at most ${field.maxItems} items are allowed`);
    }
    if (!frame.message.holdsValues) return;
    this.#values += items;
    if (this.#values > this.#maxValues) {
      const struct = this.#frames[this.#structDepth]?.field as BoundedField;
      throw invalidField(
        this.#path(struct, false, this.#structDepth),
        `at most ${this.#maxValues} values are allowed`,
      );
    }
  }

  #countOther(frame: Frame, field: BoundedField | undefined): void {
    frame.others += 1;
    if (frame.others <= MAX_OTHER_FIELDS) return;
    const path = field === undefined ? this.#pathOfMessage(this.#depth) : this.#path(field);
    throw invalidField(path, `at most ${MAX_OTHER_FIELDS} fields are allowed in one message`);
  }

  #endOfField(): void {
    this.#countsVarints = false;
    this.#closeEnded();
  }

  #closeEnded(): void {
    for (;;) {
      const frame = this.#top();
      if (this.#at < frame.end) return;
      if (this.#at > frame.end) throw new RangeError("a field is longer than its message");
      if (frame.groups > 0) throw new RangeError("a group does not end");
      this.#depth -= 1;
    }
  }

  #enter(message: BoundedMessage, field: BoundedField | undefined, end: number): void {
    if (this.#depth === MAX_DEPTH) throw new RangeError("messages are nested too deeply");
    let frame = this.#frames[this.#depth];
    if (frame === undefined) {
      frame = { message, field, end, counts: [], others: 0, groups: 0 };
      this.#frames.push(frame);
    } else {
      frame.message = message;
      frame.field = field;
      frame.end = end;
      frame.others = 0;
      frame.groups = 0;
    }
    for (let slot = 0; slot < message.slots; slot += 1) frame.counts[slot] = 0;
    this.#depth += 1;
  }

  #top(): Frame {
    return this.#frames[this.#depth - 1] as Frame;
  }

  /** `records[3].tags`; the last part with its index where the field is repeated and `withIndex` says so. */
  #path(field: BoundedField, withIndex = true, depth = this.#depth): string {
    const around = this.#pathOfMessage(depth);
    const own = this.#part(field, withIndex, this.#frames[depth - 1]);
    return around === "request" ? own : `${around}.${own}`;
  }

  #pathOfMessage(depth: number): string {
    const parts: string[] = [];
    for (let index = 1; index < depth; index += 1) {
      const { field } = this.#frames[index] as Frame;
      if (field !== undefined) parts.push(this.#part(field, true, this.#frames[index - 1]));
    }
    return parts.join(".") || "request";
  }

  #part({ name, slot }: BoundedField, withIndex: boolean, around: Frame | undefined): string {
    if (slot === undefined || !withIndex) return name;
    return `${name}[${Math.max(0, (around?.counts[slot] ?? 1) - 1)}]`;
  }
}

/** Repeated numbers may come in one piece. */
function isPacked({ encoding }: BoundedField): boolean {
  return encoding !== "message" && encoding !== "string" && encoding !== "bytes";
}

function fits(field: BoundedField, wireType: number): boolean {
  switch (field.encoding) {
    case "varint32":
    case "varint64":
      return wireType === 0 || (wireType === 2 && field.slot !== undefined);
    case "fixed64":
      return wireType === 1 || (wireType === 2 && field.slot !== undefined);
    case "fixed32":
      return wireType === 5 || (wireType === 2 && field.slot !== undefined);
    default:
      return wireType === 2;
  }
}

/** Throws as RequestScan does. */
export function checkRequest(request: BoundedMessage, bytes: Uint8Array): void {
  const scan = new RequestScan(request);
  scan.push(bytes);
  scan.end();
}

/** Read at once where nothing else waits for it: at worst, of tiny items, well under a millisecond. */
const PART_BYTES = 16 * 1024;

/** The same for a large request, in turns with other work. Rejects as RequestScan throws. */
export async function checkRequestInTurns(
  request: BoundedMessage,
  bytes: Uint8Array,
  queue: TurnQueue,
): Promise<void> {
  const scan = new RequestScan(request);
  const turns = queue.begin();
  for (let at = 0; at < bytes.length; at += PART_BYTES) {
    scan.push(bytes.subarray(at, at + PART_BYTES));
    if (turns.isOver()) await turns.next();
  }
  scan.end();
}
