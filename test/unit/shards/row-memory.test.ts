import { expect, it } from "vitest";
import { heldByParsedRow, heldByRow } from "../../../src/shards/row-memory.ts";

/** The length of the message that carries these texts. */
const onWire = (fields: readonly (string | null)[]) =>
  6 + fields.reduce((sum, field) => sum + 4 + Buffer.byteLength(field ?? ""), 0);
const held = (...fields: readonly (string | null)[]) => heldByRow(fields, onWire(fields));

it("a row holds its texts, and something for itself and each of its fields", () => {
  const empty = held("", null, "");
  expect(empty).toBeGreaterThan(0);
  expect(held("a".repeat(1000), null, "b".repeat(500)) - empty).toBe(1500);
});

it("a text that does not fit a byte a character counts two for each", () => {
  const empty = held("");
  expect(held("й".repeat(1000)) - empty).toBe(2000);
  expect(held(`${"a".repeat(999)}й`) - empty).toBe(2000);
});

it("a row that comes parsed is counted by its texts and vectors", () => {
  const empty = heldByParsedRow(["", 1, null]);
  expect(heldByParsedRow(["a".repeat(100), 1, null]) - empty).toBe(200);
  expect(heldByParsedRow([new Float32Array(100), 1, null]) - empty).toBe(400);
});
