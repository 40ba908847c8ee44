/** GetResponse and ListResponse onto the wire. */
import protobuf, { type Writer } from "protobufjs/minimal.js";
import type { StoredRecord } from "../../query/types.ts";
import { writeStoredFields } from "./stored-fields.ts";
import { timestampOfMicroseconds } from "./timestamp.ts";

const RECORD_FIELDS = { value: 3, metadata: 4, tags: 5, vector: 6 } as const;

/** GetResponse, or ListResponse with its `next_page_token`: both have their records in field 1. */
export function encodeRecords(records: readonly StoredRecord[], nextPageToken = ""): Buffer {
  const writer = protobuf.Writer.create();
  for (const record of records) writeRecord(writer.uint32((1 << 3) | 2).fork(), record).ldelim();
  if (nextPageToken !== "") writer.uint32((2 << 3) | 2).string(nextPageToken);
  return writer.finish() as Buffer;
}

function writeRecord(writer: Writer, record: StoredRecord): Writer {
  writer.uint32((1 << 3) | 2).string(record.namespace);
  writer.uint32((2 << 3) | 2).string(record.key);
  writeStoredFields(writer, RECORD_FIELDS, record);
  writeTimestamp(writer.uint32((7 << 3) | 2).fork(), record.createdAtUs).ldelim();
  writeTimestamp(writer.uint32((8 << 3) | 2).fork(), record.updatedAtUs).ldelim();
  return writer.uint32(9 << 3).uint64(String(record.version));
}

function writeTimestamp(writer: Writer, us: bigint): Writer {
  const { seconds, nanos } = timestampOfMicroseconds(us);
  return writer
    .uint32(1 << 3)
    .int64(seconds)
    .uint32(2 << 3)
    .int32(nanos);
}
