import { describe, expect, it } from "vitest";
import { judgeScan, rowsScanned } from "../../../../src/query/plan/frontier.ts";

const bound = { scanned: 1000, taken: 20 };
const scan = { limit: 10, efSearch: 100, bound };
const every = (step: number, count = 20) =>
  Array.from({ length: count }, (_, i) => ({ rank: (i + 1) * step }));
const from = (first: number, count = 20) => Array.from({ length: count }, (_, i) => ({ rank: first + i }));
const backwards = (first: number, count: number) => from(first, count).toReversed();

describe("the judgement of a bounded scan", () => {
  it("trusts rows that are spread over the scan", () => {
    expect(judgeScan({ ...scan, rows: every(40) })).toBe("trusted");
    expect(judgeScan({ ...scan, rows: every(90, 11) })).toBe("trusted");
  });

  it("does not trust rows that come at its end, as those of a topic far from the query do", () => {
    expect(judgeScan({ ...scan, rows: from(400) })).toBe("far");
    expect(judgeScan({ ...scan, rows: [...from(10, 5), ...from(700, 15)] })).toBe("far");
    expect(judgeScan({ ...scan, rows: [...from(10, 6), ...from(700, 14)] })).toBe("trusted");
    expect(judgeScan({ ...scan, rows: [...backwards(700, 15), ...backwards(10, 5)] })).toBe("far");
  });

  it("counts the whole bound as scanned where fewer rows were found than were to be taken", () => {
    expect(rowsScanned(from(400, 12), bound)).toBe(1000);
    expect(judgeScan({ ...scan, rows: from(400, 12) })).toBe("trusted");
    expect(judgeScan({ ...scan, rows: from(900, 12) })).toBe("far");
    expect(rowsScanned(every(3), bound)).toBe(60);
    expect(rowsScanned(every(3).toReversed(), bound)).toBe(60);
  });

  it("finds fewer rows than wanted short, wherever they are", () => {
    expect(judgeScan({ ...scan, rows: every(1, 9) })).toBe("short");
    expect(judgeScan({ ...scan, rows: [] })).toBe("short");
  });

  it("trusts any rows of the first batch, which is in order", () => {
    expect(judgeScan({ ...scan, rows: from(80, 20) })).toBe("trusted");
    expect(judgeScan({ ...scan, rows: from(82, 20) })).toBe("far");
  });
});
