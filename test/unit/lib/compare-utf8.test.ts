import fc from "fast-check";
import { expect, it } from "vitest";
import { compareUtf8 } from "../../../src/lib/compare-utf8.ts";

/** Strings that share beginnings, of characters from both sides of the surrogates. */
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({
    unit: fc.constantFrom(
      "a",
      "b",
      "\u07ff",
      "\u0800",
      "\ud7ff",
      "\ue000",
      "\uffff",
      "\u{10000}",
      "\u{10ffff}",
    ),
  }),
);

it("compareUtf8 orders strings as their UTF-8 bytes do", () => {
  fc.assert(
    fc.property(anyText, anyText, anyText, (prefix, a, b) => {
      const bytes = (text: string) => Buffer.from(prefix + text);
      expect(Math.sign(compareUtf8(prefix + a, prefix + b))).toBe(Buffer.compare(bytes(a), bytes(b)));
    }),
    { numRuns: 1000 },
  );
});

it("compareUtf8 puts characters beyond U+FFFF last, unlike JavaScript", () => {
  const texts = ["\u{1f600}", "\uff21", "z", ""];
  expect(texts.toSorted(compareUtf8)).toEqual(["", "z", "\uff21", "\u{1f600}"]);
  expect(texts.toSorted()).not.toEqual(texts.toSorted(compareUtf8));
});
