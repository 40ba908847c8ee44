/** Filters by the words of proto/orrery/v1/filter.proto, over records in memory. */
import type { JsonValue } from "../../src/lib/json.ts";
import type { ValueInit } from "../../src/proto/generated/google/protobuf/Value.ts";
import type { CompareOpInit } from "../../src/proto/generated/orrery/v1/CompareOp.ts";
import type { FilterInit } from "../../src/proto/generated/orrery/v1/Filter.ts";

export interface OracleRecord {
  readonly key: string;
  readonly metadata: JsonValue;
  readonly tags: readonly string[];
  /** Microseconds since 1970. */
  readonly createdAtUs: bigint;
}

/** undefined: unknown. */
type Truth = boolean | undefined;

export function holds(filter: FilterInit, record: OracleRecord): boolean {
  return truth(filter, record) === true;
}

function truth(filter: FilterInit, record: OracleRecord): Truth {
  if (filter.and) return all((filter.and.filters ?? []).map((one) => truth(one, record)));
  if (filter.or) return not(all((filter.or.filters ?? []).map((one) => not(truth(one, record)))));
  if (filter.not) return not(truth(filter.not, record));
  if (filter.tags) {
    const { any = [], all: every = [] } = filter.tags;
    const has = (tag: string) => record.tags.includes(tag);
    return any.length > 0 ? any.some(has) : every.every(has);
  }
  if (filter.time) {
    const us = (time: { seconds?: unknown; nanos?: number } | null | undefined) =>
      time && BigInt(String(time.seconds ?? 0)) * 1_000_000n + BigInt(Math.floor((time.nanos ?? 0) / 1000));
    const [from, until] = [us(filter.time.from), us(filter.time.until)];
    return (!from || record.createdAtUs >= from) && (!until || record.createdAtUs < until);
  }
  if (filter.keyPrefix !== undefined) return record.key.startsWith(filter.keyPrefix);
  const { path = "", op = 0, value } = filter.compare ?? {};
  return compare(at(record.metadata, namesOf(path)), op, value ? fromValue(value) : undefined);
}

function all(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false;
  return truths.includes(undefined) ? undefined : true;
}

function not(one: Truth): Truth {
  return one === undefined ? undefined : !one;
}

function namesOf(path: string): readonly string[] {
  return path.split(/(?<!\\)\./).map((name) => name.replaceAll(/\\([.\\])/g, "$1"));
}

/** undefined: there is no value. */
function at(value: JsonValue | undefined, [name, ...rest]: readonly string[]): JsonValue | undefined {
  if (name === undefined || value === undefined) return value;
  if (Array.isArray(value)) return /^\d+$/.test(name) ? at(value[Number(name)], rest) : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  return Object.hasOwn(value, name) ? at((value as Record<string, JsonValue>)[name], rest) : undefined;
}

function compare(stored: JsonValue | undefined, op: CompareOpInit, given: JsonValue | undefined): Truth {
  if (op === "COMPARE_OP_EXISTS") return stored !== undefined;
  if (stored === undefined) return undefined;
  const isSame = (one: JsonValue) => one === stored;
  const ordered = (test: (order: number) => boolean) =>
    typeof stored === typeof given && (typeof stored === "number" || typeof stored === "string")
      ? test(orderOf(stored, given as typeof stored))
      : undefined;
  switch (op) {
    case "COMPARE_OP_EQ":
      return isSame(given as JsonValue);
    case "COMPARE_OP_NE":
      return !isSame(given as JsonValue);
    case "COMPARE_OP_IN":
      return (given as readonly JsonValue[]).some(isSame);
    case "COMPARE_OP_GT":
      return ordered((order) => order > 0);
    case "COMPARE_OP_GTE":
      return ordered((order) => order >= 0);
    case "COMPARE_OP_LT":
      return ordered((order) => order < 0);
    case "COMPARE_OP_LTE":
      return ordered((order) => order <= 0);
    case "COMPARE_OP_CONTAINS":
      return Array.isArray(stored) ? stored.includes(given as JsonValue) : undefined;
    case "COMPARE_OP_PREFIX":
      return typeof stored === "string" ? stored.startsWith(given as string) : undefined;
    default:
      throw new Error(`no such operator: ${op}`);
  }
}

function orderOf<T extends string | number>(a: T, b: T): number {
  if (typeof a === "number") return a - Number(b);
  return Buffer.compare(Buffer.from(a), Buffer.from(b as string));
}

function fromValue(value: ValueInit): JsonValue {
  if (value.listValue) return (value.listValue.values ?? []).map(fromValue);
  return value.numberValue ?? value.stringValue ?? value.boolValue ?? null;
}
