import { expect, it } from "vitest";
import { isStuck, recallOf } from "../../../../src/collectors/recall/measure-recall.ts";
import type { FoundRow } from "../../../../src/shards/sql/search.ts";

const row = (key: string, similarity: number) => ({ key, similarity, namespace: "n", branch: 0 }) as FoundRow;

it("counts a row as found when it is as near as the truth, whichever of several equal rows it is", () => {
  const truth = [row("a", 1), row("b", 0.9), row("c", 0.8), row("d", 0.8)];
  expect(recallOf([row("a", 1), row("b", 0.9), row("c", 0.8), row("e", 0.8)], truth)).toBe(1);
  expect(recallOf([row("a", 1), row("x", 0.7)], truth)).toBe(0.25);
});

it("takes a search for stuck when all it found is equally near, and others are nearer", () => {
  const truth = [row("a", 0.9), row("b", 0.5), row("c", 0.5)];
  expect(isStuck([row("b", 0.5), row("c", 0.5)], truth)).toBe(true);
  expect(isStuck([row("b", 0.5), row("c", 0.5)], truth.slice(1))).toBe(false);
  expect(isStuck([row("a", 0.9), row("c", 0.5)], truth)).toBe(false);
  expect(isStuck([row("x", 0.6), row("c", 0.5)], truth)).toBe(false);
  expect(isStuck([row("c", 0.5)], truth)).toBe(false);
  expect(isStuck([], truth)).toBe(false);
});
