/** google.protobuf.Struct <-> JSON values, without the message objects in between. */
import type { Writer } from "protobufjs/minimal.js";
import { StrictReader } from "./strict-reader.ts";

/** `undefined` is a Value without a kind, which JSON does not have. */
export type StructValue =
  | null
  | boolean
  | number
  | string
  | readonly StructValue[]
  | StructFields
  | undefined;
export interface StructFields {
  readonly [key: string]: StructValue;
}

/** Far above what is accepted (see requests/metadata.ts), far below what the stack can take. */
const MAX_NESTING = 100;

/**
 * A Struct that was not read yet. As objects it can take fifty times its bytes, so the Structs of a request
 * are read one after another, each when it is checked.
 */
export class UnreadStruct {
  readonly #bytes: Buffer;

  /** `bytes`: the message, without length. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Of a repeated key the last one counts. Throws on deep nesting, and on bytes that are no Struct. */
  read(): StructFields {
    const reader = new StrictReader(this.#bytes);
    const fields = createFields();
    reader.fields((tag) => readEntry(tag, fields, { reader, nesting: 0 }));
    return fields;
  }
}

/** Where a value is read. */
interface Place {
  readonly reader: StrictReader;
  readonly nesting: number;
}

/** Without a prototype, so that a key `__proto__` is a key like any other. */
function createFields(): Record<string, StructValue> {
  return Object.create(null);
}

/** A Struct inside another, with its length before it. */
function readStruct(reader: StrictReader, nesting: number): StructFields {
  const fields = createFields();
  reader.message((tag) => readEntry(tag, fields, { reader, nesting }));
  return fields;
}

function readEntry(tag: number, fields: Record<string, StructValue>, { reader, nesting }: Place): void {
  if (tag !== ((1 << 3) | 2)) {
    reader.skipType(tag & 7);
    return;
  }
  let key = "";
  let value: StructValue;
  reader.message((entryTag) => {
    if (entryTag === ((1 << 3) | 2)) key = reader.string();
    else if (entryTag === ((2 << 3) | 2)) value = readValue(reader, nesting + 1);
    else reader.skipType(entryTag & 7);
  });
  fields[key] = value;
}

/** Reads a Value with its length before it. Throws on deep nesting. */
export function readValue(reader: StrictReader, nesting = 0): StructValue {
  if (nesting > MAX_NESTING) throw new RangeError("google.protobuf.Value is nested too deeply");
  let value: StructValue;
  reader.message((tag) => {
    switch (tag) {
      case 1 << 3:
        reader.int32();
        value = null;
        return;
      case (2 << 3) | 1:
        value = reader.double();
        return;
      case (3 << 3) | 2:
        value = reader.string();
        return;
      case 4 << 3:
        value = reader.bool();
        return;
      case (5 << 3) | 2:
        value = readStruct(reader, nesting);
        return;
      case (6 << 3) | 2:
        value = readList(reader, nesting);
        return;
      default:
        reader.skipType(tag & 7);
    }
  });
  return value;
}

function readList(reader: StrictReader, nesting: number): readonly StructValue[] {
  const values: StructValue[] = [];
  reader.message((tag) => {
    if (tag === ((1 << 3) | 2)) values.push(readValue(reader, nesting + 1));
    else reader.skipType(tag & 7);
  });
  return values;
}

/** Writes the fields of a Struct, without length. */
export function writeStruct(writer: Writer, fields: StructFields): Writer {
  for (const [key, value] of Object.entries(fields)) {
    writer.uint32((1 << 3) | 2).fork();
    writer.uint32((1 << 3) | 2).string(key);
    writeValue(writer.uint32((2 << 3) | 2).fork(), value).ldelim();
    writer.ldelim();
  }
  return writer;
}

function writeValue(writer: Writer, value: StructValue): Writer {
  if (value === null || value === undefined) return writer.uint32(1 << 3).int32(0);
  if (typeof value === "number") return writer.uint32((2 << 3) | 1).double(value);
  if (typeof value === "string") return writer.uint32((3 << 3) | 2).string(value);
  if (typeof value === "boolean") return writer.uint32(4 << 3).bool(value);
  if (!isList(value)) return writeStruct(writer.uint32((5 << 3) | 2).fork(), value).ldelim();
  writer.uint32((6 << 3) | 2).fork();
  for (const item of value) writeValue(writer.uint32((1 << 3) | 2).fork(), item).ldelim();
  return writer.ldelim();
}

function isList(value: readonly StructValue[] | StructFields): value is readonly StructValue[] {
  return Array.isArray(value);
}
