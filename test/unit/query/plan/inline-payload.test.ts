import fc from "fast-check";
import { expect, it } from "vitest";
import { answerBytes, inlineBytesPerRow, withoutPayload } from "../../../../src/query/plan/inline-payload.ts";
import type { SearchTargetPlan } from "../../../../src/query/plan/target-plan.ts";

const plans = (...limits: readonly number[]) => limits.map((limit) => ({ limit }) as SearchTargetPlan);
const hit = (key: string, payloadBytes?: number) => ({
  namespace: "n",
  key,
  similarity: 1,
  ...(payloadBytes === undefined ? {} : { payloadBytes }),
});

it("ten rows of one namespace carry payload of 100 KB each, a thousand of each of 12 shards next to none", () => {
  expect(inlineBytesPerRow(plans(10), 2 ** 20)).toBe(104_857);
  expect(inlineBytesPerRow(plans(...Array.from({ length: 12 }, () => 1000)), 2 ** 20)).toBe(87);
});

it("all rows of a search together carry no more than it may read at once", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 100 }),
      fc.nat(),
      (limits, bytes) => {
        const rows = limits.reduce((sum, limit) => sum + limit, 0);
        expect(inlineBytesPerRow(plans(...limits), bytes) * rows).toBeLessThanOrEqual(bytes);
      },
    ),
  );
});

it("only hits with more payload than a row carries are read again", () => {
  const hits = [hit("a", 10), hit("b", 11), hit("c"), hit("d", 0)];
  expect(withoutPayload(hits, 10).map(({ key }) => key)).toEqual(["b"]);
  expect(withoutPayload(hits, 11)).toEqual([]);
});

it("an answer has the names and the payload of its hits at least", () => {
  expect(answerBytes([hit("abc", 100), hit("de")])).toBe(1 + 3 + 100 + 1 + 2);
});
