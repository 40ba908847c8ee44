/**
 * Statements of searches, with the texts of those shapes kept that come again and again: as the same string
 * each time, a text is made once, and finding what is prepared under it does not hash it again.
 */
import { LRUCache } from "lru-cache";
import type { Statement, StatementValue } from "../statement.ts";
import { limitClass, type SearchInput, searchStatement } from "./search.ts";

const KEPT_TEXTS = 5_000;

/** Gives what `searchStatement` gives. */
export function createSearchStatements(): (input: SearchInput) => Statement {
  const texts = new LRUCache<string, string>({ max: KEPT_TEXTS });
  return (input) => {
    const shape = shapeOf(input);
    const text = texts.get(shape);
    if (text !== undefined) return { text, values: valuesOf(input), prepare: true };
    const statement = searchStatement(input);
    if (statement.prepare) texts.set(shape, statement.text);
    return statement;
  };
}

/** All that a text depends on beside the collection, of which each shard has only one. */
function shapeOf({ branches, quantization, mostRows, candidates, wanted }: SearchInput): string {
  const columns = (wanted.value ? 1 : 0) + (wanted.metadata ? 2 : 0) + (wanted.vector ? 4 : 0);
  let shape = `${quantization} ${limitClass(mostRows)} ${limitClass(candidates)} ${columns}`;
  for (const { shardId, strategy, isCertain, shardKeys } of branches) {
    shape += ` ${strategy}${isCertain ? "" : "?"}${shardKeys === "all" ? "*" : shardKeys.length}:${shardId}`;
  }
  return shape;
}

/** In the order in which the text names their places. */
function valuesOf(input: SearchInput): readonly StatementValue[] {
  const { vector, candidates, quantization, branches } = input;
  const values: StatementValue[] = [vector];
  if (quantization !== "none" && branches.some(({ strategy }) => strategy === "ann")) values.push(candidates);
  for (const { shardKeys, strategy, efSearch, limit } of branches) {
    if (shardKeys !== "all") values.push(shardKeys.length === 1 ? (shardKeys[0] as string) : shardKeys);
    if (strategy === "ann") values.push(efSearch);
    values.push(limit);
  }
  return values;
}
