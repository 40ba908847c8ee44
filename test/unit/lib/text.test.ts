/** What orders texts as PostgreSQL does, and what quotes its identifiers. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareUtf8 } from "../../../src/lib/compare-utf8.ts";
import { quoteIdentifier } from "../../../src/lib/quote-identifier.ts";

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

describe("compareUtf8", () => {
  test("orders as the UTF-8 bytes do", () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, (prefix, a, b) => {
        const bytes = (text: string) => Buffer.from(prefix + text);
        expect(Math.sign(compareUtf8(prefix + a, prefix + b))).toBe(Buffer.compare(bytes(a), bytes(b)));
      }),
      { numRuns: 1000 },
    );
  });

  test("puts characters beyond U+FFFF last, unlike JavaScript", () => {
    const texts = ["\u{1f600}", "\uff21", "z", ""];
    expect(texts.toSorted(compareUtf8)).toEqual(["", "z", "\uff21", "\u{1f600}"]);
    expect(texts.toSorted()).not.toEqual(texts.toSorted(compareUtf8));
  });
});

describe("quoteIdentifier", () => {
  const anyName = fc.string({
    unit: fc.oneof(
      fc.constantFrom('"', ";", "\\"),
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    ),
    minLength: 1,
    maxLength: 15,
  });

  test("gives one quoted identifier that reads back as the name, whatever is in it", () => {
    fc.assert(
      fc.property(anyName, (name) => {
        fc.pre(!name.includes("\0"));
        const quoted = quoteIdentifier(name);
        expect(quoted).toMatch(/^"([^"]|"")+"$/);
        expect(quoted.slice(1, -1).replaceAll('""', '"')).toBe(name);
      }),
    );
  });

  test.each(["", "a\0b", "x".repeat(64), "é".repeat(32)])(
    "refuses %j, which PostgreSQL cannot hold",
    (name) => {
      expect(() => quoteIdentifier(name)).toThrow(RangeError);
    },
  );

  test("takes names up to 63 bytes", () => {
    expect(quoteIdentifier("x".repeat(63))).toBe(`"${"x".repeat(63)}"`);
    expect(quoteIdentifier(`${"é".repeat(31)}x`)).toHaveLength(34);
  });
});
