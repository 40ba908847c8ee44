/** Filter indexes of collections. Each function throws naming the field. */
import { invalidField } from "../../errors.ts";
import type { FieldTypeMessage } from "../../proto/generated/orrery/v1/FieldType.ts";
import type { FilterIndexMessage } from "../../proto/generated/orrery/v1/FilterIndex.ts";
import type { CollectionSettings } from "../../topology/collection-settings.ts";
import { toStoredFilter } from "../../topology/stored-filter.ts";
import { toFilter, toPath } from "./filter.ts";
import { toFilterMessage } from "./filter-message.ts";
import type { Limits } from "./limits.ts";
import { checkCount } from "./names.ts";
import { toName } from "./text.ts";

type FilterIndex = NonNullable<CollectionSettings["filterIndexes"]>[number];
type FilterField = FilterIndex["fields"][number];

const MAX_INDEXES = 64;
const MAX_FIELDS = 8;
const MAX_NAME_BYTES = 63;
/** A row of an index holds the beginnings of all of its texts, and the path is in its definition. */
const MAX_PATH_BYTES = 1024;

const TYPES: Readonly<Record<string, FilterField["type"] | undefined>> = {
  FIELD_TYPE_STRING: "string",
  FIELD_TYPE_NUMBER: "number",
  FIELD_TYPE_BOOL: "bool",
  FIELD_TYPE_TIME: "time",
};

export function toFilterIndexes(
  messages: readonly FilterIndexMessage[],
  at: string,
  limits: Limits,
): readonly FilterIndex[] {
  if (messages.length > MAX_INDEXES)
    throw invalidField(at, `has ${messages.length} indexes, at most ${MAX_INDEXES} are allowed`);
  const names = new Set<string>();
  return messages.map((message, index) => {
    const found = toFilterIndex(message, `${at}[${index}]`, limits);
    if (names.has(found.name))
      throw invalidField(`${at}[${index}].name`, `is that of another index: ${JSON.stringify(found.name)}`);
    names.add(found.name);
    return found;
  });
}

function toFilterIndex({ name, fields, where }: FilterIndexMessage, at: string, limits: Limits): FilterIndex {
  checkCount(fields.length, `${at}.fields`, MAX_FIELDS);
  const typed = fields.map((field, index) => toField(field, `${at}.fields[${index}]`));
  const paths = typed.map(({ path }) => JSON.stringify(path));
  const twice = paths.findIndex((path, index) => paths.indexOf(path) !== index);
  if (twice >= 0) throw invalidField(`${at}.fields[${twice}].path`, "is that of another field of the index");
  const condition = where ? toFilter(toFilterMessage(where), limits, `${at}.where`) : undefined;
  return {
    name: toName(name === "" ? defaultName(fields, at) : name, `${at}.name`, MAX_NAME_BYTES),
    fields: typed,
    ...(condition && { where: toStoredFilter(condition) }),
  };
}

function defaultName(fields: FilterIndexMessage["fields"], at: string): string {
  const name = fields.map(({ path }) => path).join(",");
  if (Buffer.byteLength(name) > MAX_NAME_BYTES || /\p{Cc}/u.test(name))
    throw invalidField(`${at}.name`, "must be set, as the paths make no name");
  return name;
}

function toField(
  { path, type }: { readonly path: string; readonly type: FieldTypeMessage },
  at: string,
): FilterField {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw invalidField(`${at}.path`, `has more than ${MAX_PATH_BYTES} bytes`);
  const known = TYPES[type];
  if (known === undefined)
    throw invalidField(
      `${at}.type`,
      type === "FIELD_TYPE_UNSPECIFIED" ? "must be set" : `${type} is not a FieldType`,
    );
  return { path: [...toPath(path, `${at}.path`)], type: known };
}

/** 0.5-1; undefined: not given. */
export function toRecallTarget(target: number | null | undefined, at: string): number | undefined {
  if (target === null || target === undefined) return undefined;
  if (!(target >= 0.5 && target <= 1)) throw invalidField(at, `is ${target}, must be 0.5 to 1`);
  return target;
}
