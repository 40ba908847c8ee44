/** Filter indexes as the command line takes and shows them. */
import type { JsonObject, JsonValue } from "../lib/json.ts";
import type { FieldTypeInit } from "../proto/generated/orrery/v1/FieldType.ts";
import type { FilterIndexInit, FilterIndexMessage } from "../proto/generated/orrery/v1/FilterIndex.ts";
import { UsageError } from "./exit.ts";
import { parseFilter } from "./filter.ts";
import { showFilter } from "./show-filter.ts";

const TYPES: Readonly<Record<string, FieldTypeInit | undefined>> = {
  string: "FIELD_TYPE_STRING",
  number: "FIELD_TYPE_NUMBER",
  bool: "FIELD_TYPE_BOOL",
  time: "FIELD_TYPE_TIME",
};

/** `lang:string,year:number`: one index. Throws UsageError. */
export function parseFilterField(text: string): FilterIndexInit {
  return { fields: text.split(",").map((field) => parseField(field, "--filter-field")) };
}

/**
 * `{"name": "...", "fields": ["lang:string", ...], "where": {...}}`. Throws UsageError naming what is wrong.
 */
export function parseFilterIndex(text: string): FilterIndexInit {
  const at = "--filter-index";
  const { name, fields, where, ...others } = toObject(text, at);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new UsageError(`${at}: ${unknown} is not known; it takes name, fields and where`);
  if (name !== undefined && typeof name !== "string") throw new UsageError(`${at}: name: must be a text`);
  if (!Array.isArray(fields))
    throw new UsageError(`${at}: fields: must be a list of texts such as "year:number"`);
  return {
    ...(name !== undefined && { name }),
    fields: fields.map((field) => parseField(field, `${at}: fields`)),
    ...(where !== undefined && { where: parseFilter(JSON.stringify(where)) }),
  };
}

/** `lang:string,year:number where {"draft":false}` */
export function showFilterIndex({ name, fields, where }: FilterIndexMessage): string {
  const listed = fields.map(({ path, type }) => `${path}:${typeName(type)}`).join(",");
  const named = name === fields.map(({ path }) => path).join(",") ? listed : `${name} (${listed})`;
  return where ? `${named} where ${JSON.stringify(showFilter(where))}` : named;
}

/** As `parseFilterIndex` takes it. */
export function presentFilterIndex({ name, fields, where }: FilterIndexMessage) {
  return {
    name,
    fields: fields.map(({ path, type }) => `${path}:${typeName(type)}`),
    ...(where && { where: showFilter(where) }),
  };
}

/** The type is what stands behind the last colon, so a path may have some. */
function parseField(field: JsonValue, at: string) {
  const [, path, name] = (typeof field === "string" && /^([\s\S]+):(\w+)$/.exec(field)) || [];
  const type = TYPES[name ?? ""];
  if (path === undefined || type === undefined)
    throw new UsageError(
      `${at}: must be a path, a colon and ${Object.keys(TYPES).join(", ")}, as in year:number`,
    );
  return { path, type };
}

function typeName(type: FieldTypeInit): string {
  return String(type).slice("FIELD_TYPE_".length).toLowerCase();
}

function toObject(text: string, at: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // Said below.
  }
  throw new UsageError(`${at}: must be a JSON object`);
}
