import { createRequire } from "node:module";
import fc from "fast-check";
import { expect, it } from "vitest";
import { TurnQueue } from "../../../../src/lib/turns.ts";
import {
  type BindValue,
  bindMessage,
  encodeInTurns,
  isLargeBind,
} from "../../../../src/shards/pg/bind-message.ts";
import { toParameter } from "../../../../src/shards/pg/parameter.ts";

const require = createRequire(import.meta.url);
const { serialize } = createRequire(require.resolve("pg"))("pg-protocol") as {
  readonly serialize: {
    bind(portal: { readonly statement: string; readonly values: readonly unknown[] }): Buffer;
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
      const message = Buffer.concat(bindMessage(statement, values));
      expect(message.equals(serialize.bind({ statement, values }))).toBe(true);
    }),
  );
});

it("values that were encoded before make the same message, and large ones are not copied into it", async () => {
  const texts = ["short", "é".repeat(200), "x".repeat(10_000), "y".repeat(300_000)];
  const values = [...texts, null, 7, ["a", "b"], Float32Array.of(1, 2), new Float32Array(2_000)];
  const encoded = (await encodeInTurns(values, new TurnQueue())) as readonly BindValue[];
  const parts = bindMessage("name", encoded);
  const whole = serialize.bind({ statement: "name", values: values.map(toParameter) });
  expect(Buffer.concat(parts).equals(whole)).toBe(true);
  expect(parts.map(({ length }) => length).filter((length) => length >= 8_000)).toEqual([
    10_000, 300_000, 8_004,
  ]);
});

it("texts of many megabytes are encoded in turns with other work", async () => {
  const queue = new TurnQueue();
  let turns = 0;
  let over = false;
  const count = () => {
    turns += 1;
    if (!over) setImmediate(count);
  };
  setImmediate(count);
  await encodeInTurns(
    Array.from({ length: 64 }, () => "é".repeat(2 ** 20)),
    queue,
  );
  over = true;
  expect(turns).toBeGreaterThan(3);
});

it("values are large together, or not, and others than texts and bytes are left to pg", () => {
  const large = "x".repeat(40_000);
  expect(isLargeBind([large, null, Buffer.from(large)])).toBe(true);
  expect(isLargeBind([large, null, ""])).toBe(false);
  expect(isLargeBind([large, large, 1])).toBe(false);
});
