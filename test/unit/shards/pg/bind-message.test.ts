import { createRequire } from "node:module";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type BindValue, bindMessage, isLargeBind } from "../../../../src/shards/pg/bind-message.ts";

const require = createRequire(import.meta.url);
const { serialize } = createRequire(require.resolve("pg"))("pg-protocol") as {
  readonly serialize: {
    bind(portal: { readonly statement: string; readonly values: readonly BindValue[] }): Buffer;
  };
};

const anyValue: fc.Arbitrary<BindValue> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.constant(null),
);

it("a Bind message has the same bytes as pg's own, whatever the values", () => {
  fc.assert(
    fc.property(fc.string(), fc.array(anyValue, { maxLength: 20 }), (name, values) => {
      const statement = name.replaceAll("\0", "");
      expect(bindMessage(statement, values).equals(serialize.bind({ statement, values }))).toBe(true);
    }),
  );
});

it("values are large together, or not, and others than texts and bytes are left to pg", () => {
  const large = "x".repeat(40_000);
  expect(isLargeBind([large, null, Buffer.from(large)])).toBe(true);
  expect(isLargeBind([large, null, ""])).toBe(false);
  expect(isLargeBind([large, large, 1])).toBe(false);
});
