import fc from "fast-check";
import { expect, it } from "vitest";
import { quoteIdentifier } from "../../../src/lib/quote-identifier.ts";

const anyName = fc.string({
  unit: fc.oneof(fc.constantFrom('"', ";", "\\"), fc.string({ unit: "binary", minLength: 1, maxLength: 1 })),
  minLength: 1,
  maxLength: 15,
});

it("a quoted identifier reads back as the name, whatever is in it", () => {
  fc.assert(
    fc.property(anyName, (name) => {
      fc.pre(!name.includes("\0"));
      const quoted = quoteIdentifier(name);
      expect(quoted).toMatch(/^"([^"]|"")+"$/);
      expect(quoted.slice(1, -1).replaceAll('""', '"')).toBe(name);
    }),
  );
});

it.each(["", "a\0b", "x".repeat(64), "é".repeat(32)])(
  "quoteIdentifier refuses %j, which PostgreSQL cannot hold",
  (name) => {
    expect(() => quoteIdentifier(name)).toThrow(RangeError);
  },
);

it("quoteIdentifier accepts names of up to 63 bytes", () => {
  expect(quoteIdentifier("x".repeat(63))).toBe(`"${"x".repeat(63)}"`);
  expect(quoteIdentifier(`${"é".repeat(31)}x`)).toHaveLength(34);
});
