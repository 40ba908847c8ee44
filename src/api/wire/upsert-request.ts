/** UpsertRequest off the wire. */
import type { TurnQueue } from "../../lib/turns.ts";
import { StrictReader } from "./strict-reader.ts";
import { UnreadStruct } from "./struct.ts";
import { readTimestamp, type TimestampMessage } from "./timestamp.ts";
import { readVector, type VectorMessage } from "./vector.ts";

/** Record as it came. Nothing is checked yet; optional fields that were not sent are undefined. */
export interface RecordMessage {
  namespace: string;
  key: string;
  value: string | undefined;
  metadata: UnreadStruct | undefined;
  tags: string[];
  vector: VectorMessage | undefined;
  createdAt: TimestampMessage | undefined;
  updatedAt: TimestampMessage | undefined;
  version: bigint;
}

export interface UpsertRequestMessage {
  collection: string;
  records: RecordMessage[];
  /** The number of a WriteMode, or one the proto does not know. */
  mode: number;
}

/** Throws on bytes that are not an UpsertRequest. */
export function decodeUpsertRequest(bytes: Buffer): UpsertRequestMessage {
  const reader = new StrictReader(bytes);
  const message = emptyRequest();
  reader.fields((tag) => readField(tag, message, reader));
  return message;
}

/** The same for a large one, in turns with other work. */
export async function decodeUpsertRequestInTurns(
  bytes: Buffer,
  queue: TurnQueue,
): Promise<UpsertRequestMessage> {
  const reader = new StrictReader(bytes);
  const message = emptyRequest();
  const turns = queue.begin();
  while (reader.nextField((tag) => readField(tag, message, reader))) {
    if (turns.isOver()) await turns.next();
  }
  return message;
}

function emptyRequest(): UpsertRequestMessage {
  return { collection: "", records: [], mode: 0 };
}

function readField(tag: number, message: UpsertRequestMessage, reader: StrictReader): void {
  switch (tag) {
    case (1 << 3) | 2:
      message.collection = reader.string();
      return;
    case (2 << 3) | 2:
      message.records.push(readRecord(reader));
      return;
    case 3 << 3:
      message.mode = reader.int32();
      return;
    default:
      reader.skipType(tag & 7);
  }
}

function readRecord(reader: StrictReader): RecordMessage {
  const record: RecordMessage = {
    namespace: "",
    key: "",
    value: undefined,
    metadata: undefined,
    tags: [],
    vector: undefined,
    createdAt: undefined,
    updatedAt: undefined,
    version: 0n,
  };
  reader.message((tag) => {
    switch (tag) {
      case (1 << 3) | 2:
        record.namespace = reader.string();
        return;
      case (2 << 3) | 2:
        record.key = reader.string();
        return;
      case (3 << 3) | 2:
        record.value = reader.string();
        return;
      case (4 << 3) | 2:
        record.metadata = new UnreadStruct(reader.bytes());
        return;
      case (5 << 3) | 2:
        record.tags.push(reader.string());
        return;
      case (6 << 3) | 2:
        record.vector = readVector(reader);
        return;
      case (7 << 3) | 2:
        record.createdAt = readTimestamp(reader);
        return;
      case (8 << 3) | 2:
        record.updatedAt = readTimestamp(reader);
        return;
      case 9 << 3:
        record.version = BigInt(reader.uint64().toString());
        return;
      default:
        reader.skipType(tag & 7);
    }
  });
  return record;
}
