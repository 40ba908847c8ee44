import { expect, it } from "vitest";
import { recallOf } from "../../../../src/collectors/recall/measure-recall.ts";
import type { FoundRow } from "../../../../src/shards/sql/search.ts";

it("counts a row as found when it is as near as the truth, whichever of several equal rows it is", () => {
  const row = (key: string, similarity: number) =>
    ({ key, similarity, namespace: "n", branch: 0 }) as FoundRow;
  const truth = [row("a", 1), row("b", 0.9), row("c", 0.8), row("d", 0.8)];
  expect(recallOf([row("a", 1), row("b", 0.9), row("c", 0.8), row("e", 0.8)], truth)).toBe(1);
  expect(recallOf([row("a", 1), row("x", 0.7)], truth)).toBe(0.25);
});
