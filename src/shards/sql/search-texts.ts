/**
 * Statements of searches, with the texts of recent shapes cached. A text is built once, and as the same
 * string each time it is not hashed again to find the statement prepared for it.
 */
import { LRUCache } from "lru-cache";
import type { Statement, StatementValue } from "../statement.ts";
import { ANY_SIZE, hasPayload } from "./columns.ts";
import { hasBoundedShape, limitClass, ranksPayload, type SearchInput, searchStatement } from "./search.ts";

const CACHED_TEXTS = 5_000;
/** Each may have a filter of some kB in it. */
const CACHED_FILTERED = 1_000;

/**
 * The same statements as `searchStatement`. One with a filter is prepared once its text has come before: most
 * filters differ in their values only, and planning such a statement anew costs more than many a search.
 */
export function createSearchStatements(): (input: SearchInput) => Statement {
  const texts = new LRUCache<string, string>({ max: CACHED_TEXTS });
  const filtered = new LRUCache<string, string>({ max: CACHED_FILTERED });
  return (input) => {
    if (input.filter !== undefined) {
      const statement = searchStatement(input);
      if (!hasBoundedShape(input.branches)) return statement;
      const text = filtered.get(statement.text);
      if (text !== undefined) return { text, values: statement.values, prepare: true };
      filtered.set(statement.text, statement.text);
      return statement;
    }
    const shape = shapeOf(input);
    const text = texts.get(shape);
    if (text !== undefined) return { text, values: valuesOf(input), prepare: true };
    const statement = searchStatement(input);
    if (statement.prepare) texts.set(shape, statement.text);
    return statement;
  };
}

/** All that a text depends on. A shard belongs to one collection, so its id stands for both. */
function shapeOf({ branches, quantization, mostRows, wanted }: SearchInput): string {
  const columns = (wanted.value ? 1 : 0) + (wanted.metadata ? 2 : 0) + (wanted.vector ? 4 : 0);
  let shape = `${quantization} ${limitClass(mostRows)} ${columns}`;
  for (const { shardId, strategy, shardKeys, limit, bound, candidates } of branches) {
    shape += ` ${shardKeys === "all" ? "*" : shardKeys.length}:${shardId} ${strategy}`;
    if (strategy === "exact") continue;
    if (bound !== undefined) shape += `<${limitClass(bound.scanned)}${ranksPayload(limit, bound) ? "+" : ""}`;
    else if (quantization !== "none") shape += limitClass(candidates);
  }
  return shape;
}

/** In the order of the parameters in the text. */
function valuesOf(input: SearchInput): readonly StatementValue[] {
  const { vector, quantization, branches, wanted, inlineBytes = ANY_SIZE } = input;
  const values: StatementValue[] = [vector];
  const isInline = hasPayload(wanted);
  if (isInline) values.push(inlineBytes);
  for (const { shardKeys, strategy, efSearch, limit, bound, candidates } of branches) {
    if (shardKeys !== "all") values.push(shardKeys.length === 1 ? (shardKeys[0] as string) : shardKeys);
    if (strategy === "ann") {
      values.push(efSearch);
      if (bound !== undefined) {
        values.push(bound.scanned, bound.taken);
        if (isInline && ranksPayload(limit, bound)) values.push(limit);
        continue;
      }
      if (quantization !== "none") values.push(candidates);
    }
    values.push(limit);
  }
  return values;
}
