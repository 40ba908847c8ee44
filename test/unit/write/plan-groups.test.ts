import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareUtf8 } from "../../../src/lib/compare-utf8.ts";
import { type PlannedGroup, planDelete, planUpsert } from "../../../src/write/plan-groups.ts";
import type { NewRecord, WriteMode } from "../../../src/write/types.ts";

const anyRecord: fc.Arbitrary<NewRecord> = fc.record(
  {
    namespace: fc.oneof(fc.constantFrom("a", "b"), fc.string({ unit: "binary", minLength: 1, maxLength: 5 })),
    key: fc.string({ unit: "binary", maxLength: 5 }),
    value: fc.string(),
    version: fc.constantFrom(0n, 1n, 7n),
  },
  { requiredKeys: ["namespace", "key"] },
);
const anyRecords = fc.uniqueArray(anyRecord, {
  maxLength: 40,
  selector: ({ namespace, key }) => JSON.stringify([namespace, key]),
});
const anyMode = fc.constantFrom<WriteMode>("upsert", "insert", "update", "if_version");

/**
 * Every record is in one group, knows its place in the request, and stands in the order of its key's bytes.
 */
function expectWhole(records: readonly NewRecord[], groups: readonly PlannedGroup<NewRecord>[]): void {
  const planned = groups.flatMap((group) => group.records);
  const back: NewRecord[] = [];
  for (const { index, ...record } of planned) back[index] = record;
  expect(back).toEqual(records);
  expect(planned).toHaveLength(records.length);
  for (const group of groups) {
    expect(group.records.length).toBeGreaterThan(0);
    expect(group.records.every(({ namespace }) => namespace === group.namespace)).toBe(true);
    const keys = group.records.map(({ key }) => key);
    expect(keys).toEqual(keys.toSorted(compareUtf8));
  }
}

describe("the plan of a write", () => {
  it("makes one group per namespace and action", () => {
    fc.assert(
      fc.property(anyRecords, anyMode, (records, mode) => {
        const groups = planUpsert(records, mode);
        expectWhole(records, groups);
        const ids = groups.map(({ namespace, action }) => JSON.stringify([namespace, action]));
        expect(new Set(ids).size).toBe(ids.length);
        if (mode !== "if_version")
          expect(new Set(groups.map(({ action }) => action)).size).toBeLessThanOrEqual(1);
      }),
    );
  });

  it.each([
    ["upsert", "replace"],
    ["insert", "insert"],
    ["update", "update"],
  ] as const)("does for %s: %s", (mode, action) => {
    expect(planUpsert([{ namespace: "a", key: "k", version: 5n }], mode)).toMatchObject([{ action }]);
  });

  it("inserts records with version 0 or none, and replaces those with another version", () => {
    const records = [
      { namespace: "a", key: "new", version: 0n },
      { namespace: "a", key: "unsaid" },
      { namespace: "a", key: "old", version: 7n },
    ];
    const groups = planUpsert(records, "if_version");
    expect(groups.map(({ action, records: [...own] }) => [action, own.map(({ key }) => key)])).toEqual([
      ["insert", ["new", "unsaid"]],
      ["replace_version", ["old"]],
    ]);
  });

  it("groups deletions by namespace", () => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        const groups = planDelete(records);
        expectWhole(records, groups);
        expect(groups.every(({ action }) => action === "delete")).toBe(true);
        expect(groups).toHaveLength(new Set(records.map(({ namespace }) => namespace)).size);
      }),
    );
  });
});
