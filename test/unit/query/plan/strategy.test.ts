import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assumedCosts } from "../../../../src/query/plan/scan-costs.ts";
import { chooseScan, type ScanRequest } from "../../../../src/query/plan/strategy.ts";
import { collectionCutAt } from "../cut-ring.ts";

const costs = assumedCosts({ ...collectionCutAt([]), dimension: 384 });
const settings = { efSearch: 100, take: 2, oversampling: 1, expected: 0.95 };

function choose(asked: Partial<ScanRequest>) {
  return chooseScan({
    limit: 10,
    isWhole: false,
    shardRows: 200_000,
    matchingRows: undefined,
    touchedRows: 0,
    isSeen: false,
    candidates: asked.limit ?? 10,
    settings,
    costs,
    exactMaxRows: 0,
    ...asked,
  });
}

const strategyOf = (asked: Partial<ScanRequest>) => choose(asked).strategy;

describe("the strategy", () => {
  it("searches the index without statistics: whole shards, or a thousand rows for some of them", () => {
    expect(choose({ shardRows: undefined })).toMatchObject({
      strategy: "ann",
      reason: "no_statistics",
      bound: { scanned: 1000, taken: 20 },
    });
    expect(choose({ matchingRows: undefined })).toMatchObject({ bound: { scanned: 1000, taken: 20 } });
    expect(choose({ shardRows: undefined, isWhole: true })).toMatchObject({
      strategy: "ann",
      bound: undefined,
    });
  });

  it("compares all rows when no index reaches the recall, and up to exactMaxRows in any case", () => {
    expect(choose({ matchingRows: 1e6, settings: "exact" })).toMatchObject({
      strategy: "exact",
      reason: "recall",
    });
    const cheap = { ...costs, startUs: 0, efUs: 0 };
    expect(strategyOf({ matchingRows: 1000, costs: cheap, exactMaxRows: 1000 })).toBe("exact");
    expect(strategyOf({ matchingRows: 1001, costs: cheap, exactMaxRows: 1000 })).toBe("ann");
    // To find the few, many would have to be judged.
    const few = { matchingRows: 100, costs: cheap, exactMaxRows: 1000 };
    expect(strategyOf({ ...few, touchedRows: 1000 })).toBe("exact");
    expect(strategyOf({ ...few, touchedRows: 1001 })).toBe("ann");
  });

  it("compares the rows of a small namespace, and searches the index for one that is most of its shard", () => {
    expect(choose({ matchingRows: 1_500 })).toMatchObject({ strategy: "exact", reason: "few_rows" });
    expect(choose({ matchingRows: 150_000 })).toMatchObject({ strategy: "ann", reason: "index" });
  });

  it("probes where comparing is expected to be cheaper, at a quarter of its cost at most", () => {
    // 100 of 100,000 rows are wanted of 6,000: about 3,300 rows to scan, at 16 us each, against 6,000 at 2.5.
    const choice = choose({ shardRows: 100_000, matchingRows: 6_000, limit: 100 });
    expect(choice).toMatchObject({ strategy: "ann", reason: "probe" });
    const { scanned = 0 } = choice.bound ?? {};
    const exactUs = 6_000 * (costs.exactRowUs + costs.filterRowUs);
    expect(scanned * costs.scanRowUs).toBeLessThanOrEqual(exactUs / 4 + costs.scanRowUs);
  });

  it("probes for less where scans have seen how many rows a filter holds for", () => {
    const asked = { shardRows: 100_000, matchingRows: 60, touchedRows: 100_000, limit: 10 };
    const scanned = (isSeen: boolean) => choose({ ...asked, isSeen }).bound?.scanned;
    const exactUs = 60 * costs.exactRowUs + 100_000 * costs.filterRowUs;
    expect(scanned(false)).toBe(Math.ceil(exactUs / 4 / costs.scanRowUs));
    expect(scanned(true)).toBe(Math.ceil(exactUs / 16 / costs.scanRowUs));
    // One that is expected to be cheaper may cost as much as comparing, whoever says so.
    const many = { ...asked, matchingRows: 5_000 };
    expect(choose({ ...many, isSeen: true })).toEqual(choose(many));
  });

  it("ends a scan after four times the rows that it is likely to need, though it may cost more", () => {
    // 20 of the 60,000 of 200,000 rows: one in 3.3.
    const { bound } = choose({ matchingRows: 60_000, settings: { ...settings, efSearch: 20 } });
    expect(bound).toEqual({ scanned: Math.ceil((4 * 20 * 200_000) / 60_000), taken: 20 });
  });

  it("never scans more than an eighth of the shard or 10,000 rows, nor less than twice the first batch", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000_000 }),
        fc.double({ min: 1e-6, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 10, max: 1000 }),
        (shardRows, share, limit, efSearch) => {
          const matchingRows = shardRows * share;
          const {
            strategy,
            bound,
            efSearch: width,
          } = choose({
            shardRows,
            matchingRows,
            limit,
            settings: { ...settings, efSearch },
          });
          if (strategy === "exact") return;
          const { scanned, taken } = bound as { scanned: number; taken: number };
          expect(width).toBe(Math.max(efSearch, limit));
          expect(taken).toBe(2 * limit);
          expect(scanned).toBeGreaterThanOrEqual(taken);
          expect(scanned).toBeLessThanOrEqual(Math.max(shardRows / 8 + 1, 2 * width, taken));
          expect(scanned).toBeLessThanOrEqual(10_000);
        },
      ),
    );
  });

  it("changes over where both ways cost the same, as measured on shards of 10,000 to 200,000 rows", () => {
    // Contiguous rows, .85 us to compare; 16 us for each row scanned. Rows that both ways cost the same for.
    const measured = { exactRowUs: 0.85, filterRowUs: 0, startUs: 300, efUs: 10, scanRowUs: 16 };
    for (const [shardRows, limit, take, rows] of [
      [40_000, 10, 1, 2_740],
      [120_000, 10, 1, 4_750],
      [120_000, 10, 2, 6_720],
      [120_000, 100, 1, 15_000],
    ] as const) {
      const reasonAt = (matchingRows: number) =>
        choose({
          shardRows,
          limit,
          matchingRows,
          costs: measured,
          settings: { ...settings, efSearch: 10, take },
        }).reason;
      expect(reasonAt(rows * 0.8)).not.toBe("index");
      expect(reasonAt(rows * 1.25)).toBe("index");
    }
  });

  it("compares rows that must be looked for, where no index serves the filter, only when they are worth it", () => {
    // 2,000 rows that match: found by an index, or among 200,000.
    expect(strategyOf({ matchingRows: 1_000, touchedRows: 1_000 })).toBe("exact");
    expect(choose({ matchingRows: 1_000, touchedRows: 200_000 })).toMatchObject({ strategy: "ann" });
  });

  it("takes more than one batch of rows where more are wanted than a batch has, and orders them", () => {
    const whole = { isWhole: true, shardRows: 1e6, matchingRows: 1e6, limit: 1000 };
    expect(choose({ ...whole, settings: { ...settings, efSearch: 2000 } })).toMatchObject({
      efSearch: 1000,
      bound: { scanned: 2000, taken: 2000 },
    });
    expect(choose({ ...whole, settings: { ...settings, efSearch: 1000 } }).bound).toBeUndefined();
  });

  it("takes all candidates of a lossy index among those that match", () => {
    const { bound, candidates } = choose({ matchingRows: 150_000, candidates: 160 });
    expect(candidates).toBe(160);
    expect(bound?.taken).toBe(160);
  });
});
