import type { RecordRef } from "../../query/types.ts";
import type { StrictReader } from "./strict-reader.ts";

/** Reads a RecordRef with its length before it. */
export function readRecordRef(reader: StrictReader): RecordRef {
  let namespace = "";
  let key = "";
  reader.message((tag) => {
    if (tag === ((1 << 3) | 2)) namespace = reader.string();
    else if (tag === ((2 << 3) | 2)) key = reader.string();
    else reader.skipType(tag & 7);
  });
  return { namespace, key };
}
