/** GetResponse and ListResponse onto the wire. */
import protobuf, { type Writer } from "protobufjs/minimal.js";
import type { TurnQueue } from "../../lib/turns.ts";
import type { StoredRecord } from "../../query/types.ts";
import { type Answer, AnswerParts, joinParts, partsOf } from "./answer-parts.ts";
import { type AnswerLimits, AnswerWriter, writeItems } from "./answer-writer.ts";
import { writeStoredFields } from "./stored-fields.ts";
import { timestampOfMicroseconds } from "./timestamp.ts";

const RECORD_FIELDS = { value: 3, metadata: 4, tags: 5, vector: 6 } as const;

/** GetResponse. Throws TOO_LARGE, or the error of the call's account. */
export async function encodeRecords(records: readonly StoredRecord[], limits: AnswerLimits): Promise<Answer> {
  const answer = new AnswerWriter(limits);
  await writeItems(answer, records, (writer, record) => {
    writeRecord(writer.uint32((1 << 3) | 2).fork(), record).ldelim();
  });
  return answer.finish();
}

/** Copied into one buffer, smaller ones are cheaper to send. */
const LARGE_PAGE_BYTES = 64 * 1024;

/** A ListResponse without its token, and how many of the records it has. */
export interface EncodedPage {
  readonly bytes: Answer;
  readonly count: number;
}

/**
 * The first of the records that fit into `pageBytes`; one that is larger alone. In turns with other work. How
 * large a record is as a message is known only now: metadata is stored as another text.
 */
export async function encodePage(
  records: readonly StoredRecord[],
  { pageBytes, turns: queue }: { readonly pageBytes: number; readonly turns: TurnQueue },
): Promise<EncodedPage> {
  const encoded: Buffer[] = [];
  let length = 0;
  const turns = queue.begin();
  for (const record of records) {
    const writer = protobuf.Writer.create();
    const bytes = writeRecord(writer.uint32((1 << 3) | 2).fork(), record)
      .ldelim()
      // Under Node, protobufjs's writers finish with a Buffer.
      .finish() as Buffer;
    if (encoded.length > 0 && length + bytes.length > pageBytes) break;
    encoded.push(bytes);
    length += bytes.length;
    if (turns.isOver()) await turns.next();
  }
  const bytes = length > LARGE_PAGE_BYTES ? new AnswerParts(encoded) : Buffer.concat(encoded);
  return { bytes, count: encoded.length };
}

/** ListResponse, of a page that another follows. */
export function withPageToken(page: Answer, nextPageToken: string): Answer {
  const writer = protobuf.Writer.create();
  const token = writer
    .uint32((2 << 3) | 2)
    .string(nextPageToken)
    .finish() as Buffer;
  return joinParts([...partsOf(page), token]);
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
