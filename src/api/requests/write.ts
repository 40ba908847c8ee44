import { invalidField } from "../../errors.ts";
import { mapInTurns } from "../../lib/turns.ts";
import type { DeleteRequestMessage } from "../../proto/generated/orrery/v1/DeleteRequest.ts";
import type { DeleteRequest, NewRecord, UpsertRequest, WriteMode } from "../../write/types.ts";
import type { RecordMessage, UpsertRequestMessage } from "../wire/upsert-request.ts";
import type { Limits } from "./limits.ts";
import { toMetadata } from "./metadata.ts";
import { checkCount, checkUnique, toCollection, toRecordRef, toRecordRefs } from "./names.ts";
import { toSizedText, toText } from "./text.ts";
import { toMicroseconds } from "./timestamp.ts";
import { toVector } from "./vector.ts";

/** By the numbers of the enum `orrery.v1.WriteMode`. */
const WRITE_MODES: readonly WriteMode[] = ["upsert", "upsert", "insert", "update", "if_version"];
const MAX_TAG_BYTES = 255;
const MAX_VERSION = 2n ** 63n - 1n;

/** In turns with other work. Throws INVALID_REQUEST naming the first field that is wrong. */
export async function toUpsertRequest(message: UpsertRequestMessage, limits: Limits): Promise<UpsertRequest> {
  const collection = toCollection(message.collection);
  const mode = WRITE_MODES[message.mode];
  if (mode === undefined) throw invalidField("mode", `${message.mode} is not a WriteMode`);
  checkCount(message.records.length, "records", limits.recordsPerRequest);
  const records = await mapInTurns(message.records, (record, index) =>
    toNewRecord(record, `records[${index}]`, { mode, limits }),
  );
  checkUnique(records);
  return { collection, records, mode };
}

export function toDeleteRequest(message: DeleteRequestMessage, limits: Limits): DeleteRequest {
  const records = toRecordRefs(message.records, limits);
  checkUnique(records);
  return { collection: toCollection(message.collection), records };
}

function toNewRecord(
  record: RecordMessage,
  path: string,
  { mode, limits }: { readonly mode: WriteMode; readonly limits: Limits },
): NewRecord {
  const { value, metadata, tags, vector, createdAt, updatedAt, version } = record;
  const ref = toRecordRef(record, path, limits);
  if (updatedAt !== undefined) throw invalidField(`${path}.updated_at`, "is set by the server only");
  if (version !== 0n && mode !== "if_version") {
    throw invalidField(`${path}.version`, "is taken with WRITE_MODE_IF_VERSION only");
  }
  if (version > MAX_VERSION) throw invalidField(`${path}.version`, `must be at most ${MAX_VERSION}`);
  if (vector === undefined && mode !== "update") throw invalidField(`${path}.vector`, "must be set");
  return {
    ...ref,
    value: value && toValue(value, `${path}.value`, limits),
    metadata: metadata && toMetadata(metadata, `${path}.metadata`, limits),
    tags: tags.length === 0 ? undefined : toTags(tags, `${path}.tags`, limits),
    vector: vector && toVector(vector, `${path}.vector`),
    createdAtUs: createdAt && toMicroseconds(createdAt, `${path}.created_at`),
    version: mode === "if_version" ? version : undefined,
  };
}

function toValue(value: string, path: string, limits: Limits): string {
  const bytes = Buffer.byteLength(toText(value, path));
  if (bytes > limits.valueBytes) {
    throw invalidField(path, `has ${bytes} bytes, at most ${limits.valueBytes} are allowed`);
  }
  return value;
}

function toTags(tags: readonly string[], path: string, limits: Limits): readonly string[] {
  if (tags.length > limits.tags) {
    throw invalidField(path, `has ${tags.length} tags, at most ${limits.tags} are allowed`);
  }
  return tags.map((tag, index) => toSizedText(tag, `${path}[${index}]`, MAX_TAG_BYTES));
}
