/** Filter off the wire. */

import type { StrictReader } from "./strict-reader.ts";
import { readValue, type StructValue } from "./struct.ts";
import { readTimestamp, type TimestampMessage } from "./timestamp.ts";

/** A Filter as it came: nothing is checked but its depth. Of a oneof the last one counts. */
export type FilterMessage =
  | { readonly kind: "and" | "or"; readonly filters: readonly FilterMessage[] }
  | { readonly kind: "not"; readonly filter: FilterMessage }
  | {
      readonly kind: "compare";
      readonly path: string;
      /** The number of a CompareOp, or one the proto does not know. */
      readonly op: number;
      /** undefined: there is none. */
      readonly value: StructValue;
    }
  | { readonly kind: "tags"; readonly any: readonly string[]; readonly all: readonly string[] }
  | {
      readonly kind: "time";
      /** The number of a TimeField, or one the proto does not know. */
      readonly field: number;
      readonly from: TimestampMessage | undefined;
      readonly until: TimestampMessage | undefined;
    }
  | { readonly kind: "keyPrefix"; readonly prefix: string }
  | { readonly kind: "none" };

/** More than is accepted (requests/filter.ts), less than the stack can take. */
const MAX_NESTING = 64;

/** Reads a Filter with its length before it. Throws on deep nesting. */
export function readFilter(reader: StrictReader, nesting = 0): FilterMessage {
  if (nesting > MAX_NESTING) throw new RangeError("orrery.v1.Filter is nested too deeply");
  let filter: FilterMessage = { kind: "none" };
  reader.message((tag) => {
    switch (tag) {
      case (1 << 3) | 2:
        filter = { kind: "and", filters: readFilters(reader, nesting) };
        return;
      case (2 << 3) | 2:
        filter = { kind: "or", filters: readFilters(reader, nesting) };
        return;
      case (3 << 3) | 2:
        filter = { kind: "not", filter: readFilter(reader, nesting + 1) };
        return;
      case (4 << 3) | 2:
        filter = readCompare(reader);
        return;
      case (5 << 3) | 2:
        filter = readTags(reader);
        return;
      case (6 << 3) | 2:
        filter = readTimeRange(reader);
        return;
      case (7 << 3) | 2:
        filter = { kind: "keyPrefix", prefix: reader.string() };
        return;
      default:
        reader.skipType(tag & 7);
    }
  });
  return filter;
}

function readFilters(reader: StrictReader, nesting: number): readonly FilterMessage[] {
  const filters: FilterMessage[] = [];
  reader.message((tag) => {
    if (tag === ((1 << 3) | 2)) filters.push(readFilter(reader, nesting + 1));
    else reader.skipType(tag & 7);
  });
  return filters;
}

function readCompare(reader: StrictReader): FilterMessage {
  let path = "";
  let op = 0;
  let value: StructValue;
  reader.message((tag) => {
    if (tag === ((1 << 3) | 2)) path = reader.string();
    else if (tag === 2 << 3) op = reader.int32();
    else if (tag === ((3 << 3) | 2)) value = readValue(reader, 0);
    else reader.skipType(tag & 7);
  });
  return { kind: "compare", path, op, value };
}

function readTags(reader: StrictReader): FilterMessage {
  const any: string[] = [];
  const all: string[] = [];
  reader.message((tag) => {
    if (tag === ((1 << 3) | 2)) any.push(reader.string());
    else if (tag === ((2 << 3) | 2)) all.push(reader.string());
    else reader.skipType(tag & 7);
  });
  return { kind: "tags", any, all };
}

function readTimeRange(reader: StrictReader): FilterMessage {
  let field = 0;
  let from: TimestampMessage | undefined;
  let until: TimestampMessage | undefined;
  reader.message((tag) => {
    if (tag === 1 << 3) field = reader.int32();
    else if (tag === ((2 << 3) | 2)) from = readTimestamp(reader);
    else if (tag === ((3 << 3) | 2)) until = readTimestamp(reader);
    else reader.skipType(tag & 7);
  });
  return { kind: "time", field, from, until };
}
