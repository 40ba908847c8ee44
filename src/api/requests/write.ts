import { FieldChecks, invalidField } from "../../errors.ts";
import { mapInTurns, type TurnQueue } from "../../lib/turns.ts";
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

/** In turns with other work. Throws INVALID_REQUEST naming the fields that are wrong. */
export async function toUpsertRequest(
  message: UpsertRequestMessage,
  limits: Limits,
  turns: TurnQueue,
): Promise<UpsertRequest> {
  const checks = new FieldChecks();
  const collection = checks.of(toCollection, message.collection);
  const mode = checks.of(toMode, message.mode);
  const rules = { mode, limits, turns };
  const records = await toNewRecords(message.records, rules).catch((error: unknown) =>
    checks.of((): readonly NewRecord[] => {
      throw error;
    }),
  );
  checks.done();
  return { collection, records, mode };
}

export function toDeleteRequest(message: DeleteRequestMessage, limits: Limits): DeleteRequest {
  const checks = new FieldChecks();
  const records = checks.of(toRecordRefs, message.records, limits);
  if (checks.passed) checks.of(checkUnique, records);
  const collection = checks.of(toCollection, message.collection);
  checks.done();
  return { collection, records };
}

function toMode(number: number): WriteMode {
  const mode = WRITE_MODES[number];
  if (mode === undefined) throw invalidField("mode", `${number} is not a WriteMode`);
  return mode;
}

interface RecordRules {
  /** undefined: refused already. */
  readonly mode: WriteMode | undefined;
  readonly limits: Limits;
  readonly turns: TurnQueue;
}

async function toNewRecords(
  messages: readonly RecordMessage[],
  rules: RecordRules,
): Promise<readonly NewRecord[]> {
  checkCount(messages.length, "records", rules.limits.recordsPerRequest);
  const checks = new FieldChecks();
  const records = await mapInTurns(messages, rules.turns, (record, index) =>
    checks.of(toNewRecord, record, `records[${index}]`, rules),
  );
  checks.done();
  checkUnique(records);
  return records;
}

function toNewRecord(record: RecordMessage, path: string, { mode, limits }: RecordRules): NewRecord {
  const { value, metadata, tags, vector, createdAt, updatedAt, version } = record;
  const checks = new FieldChecks();
  const ref = checks.of(toRecordRef, record, path, limits);
  if (updatedAt !== undefined) checks.refuse(`${path}.updated_at`, "is set by the server only");
  if (version !== 0n) checks.of(checkVersion, version, path, mode);
  if (vector === undefined && mode !== undefined && mode !== "update") {
    checks.refuse(`${path}.vector`, "must be set");
  }
  const checked = {
    value: value && checks.of(toValue, value, `${path}.value`, limits),
    metadata: metadata && checks.of(toMetadata, metadata, `${path}.metadata`, limits),
    tags: tags.length === 0 ? undefined : checks.of(toTags, tags, `${path}.tags`, limits),
    vector: vector && checks.of(toVector, vector, `${path}.vector`),
    createdAtUs: createdAt && checks.of(toMicroseconds, createdAt, `${path}.created_at`),
    version: mode === "if_version" ? version : undefined,
  };
  checks.done();
  return { ...ref, ...checked };
}

function checkVersion(version: bigint, path: string, mode: WriteMode | undefined): void {
  if (mode !== undefined && mode !== "if_version") {
    throw invalidField(`${path}.version`, "is taken with WRITE_MODE_IF_VERSION only");
  }
  if (version > MAX_VERSION) throw invalidField(`${path}.version`, `must be at most ${MAX_VERSION}`);
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
  const checks = new FieldChecks();
  const checked = tags.map((tag, index) => checks.of(toSizedText, tag, `${path}[${index}]`, MAX_TAG_BYTES));
  checks.done();
  return checked;
}
