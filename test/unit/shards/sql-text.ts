/** Reads statements apart: what a test wants to know of their text. */
import { expect } from "vitest";
import type { Statement, StatementValue } from "../../../src/shards/statement.ts";

const ASKED = String.raw`orrery\.shard_read\((\d+), (?:0|\$\d+::int4)\)`;
/** A condition of the fence's function alone, or of what shows the same where it says no (isHereOf). */
const FENCE = new RegExp(
  String.raw`(?:WHERE|AND) \(SELECT (?:${ASKED}|CASE WHEN is_here_(\d+) (?:(?!ELSE orrery).)*ELSE ${ASKED} END)\)`,
  "gs",
);

/** Of every other shard, what `Branch.isHere` has for it. */
export function isHereOf(shardId: number): string | undefined {
  return shardId % 2 === 0 ? `is_here_${shardId}` : undefined;
}

/** What sums up the sizes of all records of a read, around its branches. */
const TOTAL = / AS total FROM \((.*)\) r\) t$/s;

/** The branches of a read: what UNION ALL joins outside of all parentheses. */
export function branchesOf({ text: whole }: Statement): readonly string[] {
  const [, text = whole] = TOTAL.exec(whole) ?? [];
  const branches: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "(") depth += 1;
    if (text[at] === ")") depth -= 1;
    if (depth === 0 && text.startsWith(" UNION ALL ", at)) {
      branches.push(text.slice(start, at));
      start = at + " UNION ALL ".length;
    }
  }
  return [...branches, text.slice(start)];
}

/**
 * Every branch names its own relation, and carries its own fence, once, as a condition that nothing can get
 * around.
 */
export function expectFenced(
  statement: Statement,
  shards: readonly { readonly relation: string; readonly shardId: number }[],
): void {
  const branches = branchesOf(statement);
  expect(branches).toHaveLength(shards.length);
  for (const [index, { relation, shardId }] of shards.entries()) {
    const branch = branches[index] ?? "";
    const expected = isHereOf(shardId) === undefined ? [shardId] : [shardId, shardId];
    const fences = [...branch.matchAll(FENCE)].map(([, ...ids]) =>
      ids.flatMap((id) => (id ? [Number(id)] : [])),
    );
    expect(fences).toEqual([expected]);
    expect(branch.split("shard_read")).toHaveLength(2);
    expect(branch).not.toMatch(/\bOR\b/);
    expect(new Set(branch.match(/"public"\."[^"]+"/g))).toEqual(new Set([relation]));
  }
}

/** Every value has a place, every place a value of the type it is cast to. */
export function expectConsistentParameters({ text, values }: Statement): void {
  const types = new Map<number, Set<string>>();
  for (const [, place, type] of text.matchAll(/\$(\d+)::([a-z0-9]+(\[\])?)/g)) {
    const known = types.get(Number(place)) ?? new Set();
    types.set(Number(place), known.add(String(type)));
  }
  expect([...text.matchAll(/\$\d+(?!\d)(?!::)/g)]).toEqual([]);
  expect([...types.keys()].toSorted((a, b) => a - b)).toEqual(values.map((_, index) => index + 1));
  for (const [place, cast] of types) {
    const value = values[place - 1] as StatementValue;
    expect([...cast], `type of $${place}`).toEqual([expect.toBeOneOf([...typesFor(value)])]);
  }
}

function typesFor(value: StatementValue): readonly string[] {
  if (value === null) return ["text", "jsonb", "text[]", "vector", "timestamptz"];
  if (value instanceof Float32Array) return ["vector"];
  if (typeof value === "string") return ["text", "jsonb", "timestamptz"];
  if (typeof value === "bigint" || typeof value === "number") return ["int4", "int8"];
  return typeof value === "object" && value.some((item) => typeof item === "bigint")
    ? ["int8[]"]
    : ["text[]"];
}
