import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  deleteStatement,
  deleteVersionsStatement,
  firstKeysStatement,
  versionsStatement,
} from "../../../src/shards/sql/delete.ts";
import {
  replaceStatement,
  updateStatement,
  upsertStatement,
  type WriteGroup,
  type WrittenRecord,
} from "../../../src/shards/sql/upsert.ts";
import type { Statement } from "../../../src/shards/statement.ts";
import { expectConsistentParameters } from "./sql-text.ts";

const RELATION = '"public"."c_7"';

const anyText = fc.string({ unit: "binary", maxLength: 30 });
const anyVector = fc.float32Array({ minLength: 3, maxLength: 3 });
/** 0001-01-01 to 9999-12-31, as the API takes them. */
const anyTimeUs = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n });
const optional = {
  value: anyText,
  metadata: anyText.map((text) => JSON.stringify({ text })),
  tags: fc.array(anyText, { maxLength: 3 }),
  createdAtUs: anyTimeUs,
  version: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
};
const anyRecord = fc.record(
  { key: anyText, vector: anyVector, ...optional },
  { requiredKeys: ["key", "vector"] },
);
const anyGroup: fc.Arbitrary<WriteGroup> = fc.record({
  relation: fc.constant(RELATION),
  shardKey: anyText,
  namespace: anyText,
  records: fc.array(anyRecord, { minLength: 1, maxLength: 5 }),
});

function write(records: readonly WrittenRecord[]): WriteGroup {
  return { relation: RELATION, shardKey: "n", namespace: "n", records };
}

const keysOf = ({ relation, shardKey, records }: WriteGroup) => ({
  relation,
  shardKey,
  keys: records.map(({ key }) => key),
});
const writes: Record<string, (group: WriteGroup) => Statement> = {
  upsert: (group) => upsertStatement(group, "replace"),
  insert: (group) => upsertStatement(group, "keep"),
  update: updateStatement,
  "replacing a version": replaceStatement,
  delete: (group) => deleteStatement(keysOf(group)),
  "deleting versions": ({ relation, shardKey, records }) =>
    deleteVersionsStatement({
      relation,
      shardKey,
      records: records.map(({ key, version = 0n }) => ({ key, version })),
    }),
  versions: (group) => versionsStatement(keysOf(group)),
  "the first keys": (group) => firstKeysStatement(group, 1000),
};

describe.each(Object.entries(writes))("the statement of %s", (_, build) => {
  it("has the same text for any values of the same number of records, and binds them in the places it names", () => {
    fc.assert(
      fc.property(anyGroup, (group) => {
        const statement = build(group);
        expectConsistentParameters(statement);
        const others = group.records.map(() => ({ key: "another", vector: new Float32Array(3) }));
        expect(statement.text).toBe(build(write(others)).text);
      }),
    );
  });

  it("goes to the table it is given, and to one shard key only", () => {
    fc.assert(
      fc.property(anyGroup, (group) => {
        const { text, values } = build(group);
        expect(new Set(text.match(/"public"\."[^"]+"/g))).toEqual(new Set([RELATION]));
        const [, place] = text.match(/shard_key = \$(\d+)/) ?? text.match(/VALUES \(\$(\d+)/) ?? [];
        expect(values[Number(place) - 1]).toBe(group.shardKey);
      }),
    );
  });

  it("is prepared only where the number of texts is bounded", () => {
    fc.assert(
      fc.property(anyGroup, (group) => {
        const { text, prepare } = build(group);
        if (prepare) expect(text).toBe(build(write(group.records.slice(0, 1))).text);
      }),
    );
  });
});

describe("what is stored", () => {
  it("stores an absent value and absent metadata as NULL, and no tags as none; an update leaves them as they are", () => {
    const vector = new Float32Array(3);
    const record = { key: "k", vector };
    expect(upsertStatement(write([record]), "replace").values).toEqual([
      "n",
      "n",
      null,
      "k",
      null,
      null,
      [],
      vector,
    ]);
    expect(replaceStatement(write([{ ...record, version: 5n }])).values).toEqual([
      "n",
      "k",
      null,
      null,
      [],
      vector,
      5n,
    ]);
    expect(updateStatement(write([{ key: "k", value: "v" }])).values).toEqual([
      "n",
      "k",
      "v",
      null,
      null,
      null,
    ]);
  });

  it("refuses a record without a vector unless it is an update", () => {
    const group = write([{ key: "k" }]);
    expect(() => upsertStatement(group, "replace")).toThrow(TypeError);
    expect(() => upsertStatement(group, "keep")).toThrow(TypeError);
    expect(() => replaceStatement(group)).toThrow(TypeError);
  });

  it("keeps the microseconds of the creation time, also before 1970", () => {
    fc.assert(
      fc.property(anyTimeUs, (createdAtUs) => {
        const group = write([{ key: "k", vector: new Float32Array(3), createdAtUs }]);
        const text = String(upsertStatement(group, "replace").values[2]);
        const [, seconds, micros] = text.match(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z$/) ?? [];
        const readBack = BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(micros ?? "");
        expect(readBack).toBe(createdAtUs);
      }),
    );
  });
});
