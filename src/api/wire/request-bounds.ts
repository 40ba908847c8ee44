/** How much of each field a request may have, known before anything is decoded. */
import type { Descriptors, ScalarEncoding } from "../../proto/descriptors.ts";

/** The settings that bound requests; the part of `config.limits` that is needed here. */
export interface CountLimits {
  readonly searchesPerBatch: number;
  readonly namespacesPerRequest: number;
  readonly recordsPerRequest: number;
  readonly tags: number;
  readonly valueBytes: number;
  readonly metadataBytes: number;
}

/** A message with the bounds of its fields; messages that hold themselves are cyclic. */
export interface BoundedMessage {
  /** By field number. */
  readonly fields: readonly (BoundedField | undefined)[];
  /** How many of its fields are repeated. */
  readonly slots: number;
  /** A list of google.protobuf.Value: what counts is how many there are in a whole Struct. */
  readonly holdsValues: boolean;
}

export interface BoundedField {
  readonly name: string;
  /** What counts its items among the repeated fields of its message; undefined when it is not repeated. */
  readonly slot: number | undefined;
  readonly maxItems: number;
  /** Of a text, of bytes, or of a message with everything in it. */
  readonly maxBytes: number;
  /** How many Values a Struct or a Value may hold in all; undefined for other fields. */
  readonly maxValues: number | undefined;
  readonly encoding: ScalarEncoding | "message";
  readonly message: BoundedMessage | undefined;
}

/** More than any collection may have. */
const MAX_NUMBERS = 16_000;
/** For repeated fields without a setting. */
const MAX_ITEMS = 1000;
/** For texts without a setting; names and tokens have lower limits, of which their own checks tell. */
const MAX_TEXT_BYTES = 64 * 1024;

const STRUCT = "google.protobuf.Struct";
const VALUE = "google.protobuf.Value";
const LISTS_OF_VALUES = [STRUCT, "google.protobuf.ListValue"];

/** By full names; a test compares them with the proto. */
export function itemLimits(limits: CountLimits): Readonly<Record<string, number>> {
  return {
    "orrery.v1.SearchBatchRequest.requests": limits.searchesPerBatch,
    "orrery.v1.SearchRequest.namespaces": limits.namespacesPerRequest,
    "orrery.v1.CountRequest.namespaces": limits.namespacesPerRequest,
    "orrery.v1.GetRequest.records": limits.recordsPerRequest,
    "orrery.v1.DeleteRequest.records": limits.recordsPerRequest,
    "orrery.v1.UpsertRequest.records": limits.recordsPerRequest,
    "orrery.v1.Record.tags": limits.tags,
    "orrery.v1.FloatArray.values": MAX_NUMBERS,
  };
}

function byteLimits(limits: CountLimits): Readonly<Record<string, number>> {
  return {
    "orrery.v1.Record.value": limits.valueBytes,
    "orrery.v1.Vector.f32_le": 4 * MAX_NUMBERS,
    // A number takes up to 11 bytes here and 2 as JSON text.
    "orrery.v1.Record.metadata": 16 * limits.metadataBytes,
  };
}

/** The message of this full name, and all messages in it. Throws when the proto does not have it. */
export function boundsOf(
  name: string,
  { messages }: Pick<Descriptors, "messages">,
  limits: CountLimits,
): BoundedMessage {
  const maxItems = itemLimits(limits);
  const maxBytes = byteLimits(limits);
  const known = new Map<string, BoundedMessage>();
  const build = (messageName: string): BoundedMessage => {
    const present = known.get(messageName);
    if (present !== undefined) return present;
    const shapes = messages.get(messageName);
    if (shapes === undefined) throw new Error(`the proto has no message ${messageName}`);
    const fields: (BoundedField | undefined)[] = [];
    const message = {
      fields,
      slots: shapes.filter(({ repeated }) => repeated).length,
      holdsValues: LISTS_OF_VALUES.includes(messageName),
    };
    known.set(messageName, message);
    let slot = 0;
    for (const { name: fieldName, number, repeated, type } of shapes) {
      const path = `${messageName}.${fieldName}`;
      const isMessage = "message" in type;
      const isText = !isMessage && (type.scalar === "string" || type.scalar === "bytes");
      const inStruct = messageName.startsWith("google.protobuf.");
      fields[number] = {
        name: fieldName,
        slot: repeated ? slot++ : undefined,
        maxItems: maxItems[path] ?? (message.holdsValues ? Number.POSITIVE_INFINITY : MAX_ITEMS),
        maxBytes: maxBytes[path] ?? textBytes(isText, inStruct, limits),
        maxValues: isMessage && !inStruct ? maxValuesOf(type.message, limits) : undefined,
        encoding: isMessage ? "message" : type.scalar,
        message: isMessage ? build(type.message) : undefined,
      };
    }
    return message;
  };
  return build(name);
}

function maxValuesOf(messageName: string, { metadataBytes }: CountLimits): number | undefined {
  if (messageName === STRUCT) return metadataBytes / 2;
  return messageName === VALUE ? MAX_ITEMS : undefined;
}

/** A text in a Struct can be as long as the whole. */
function textBytes(isText: boolean, inStruct: boolean, { metadataBytes }: CountLimits): number {
  if (!isText) return Number.POSITIVE_INFINITY;
  return inStruct ? metadataBytes : MAX_TEXT_BYTES;
}
