import { describe, expect, it } from "vitest";
import { createLearntCosts, type LearntCosts, type SeenSearch } from "../../../src/query/learnt-costs.ts";
import { assumedCosts } from "../../../src/query/plan/scan-costs.ts";
import { collectionCutAt } from "./cut-ring.ts";

const collection = { ...collectionCutAt([]), dimension: 384 };
const assumed = assumedCosts(collection);

function sawOften(costs: LearntCosts, kind: SeenSearch["kind"], elapsedUs: number, group = 1): void {
  for (let time = 0; time < 100; time += 1) costs.saw({ collection, group, elapsedUs, kind });
}

describe("the costs that searches are planned by", () => {
  it("are those assumed until a search was seen, and on nodes where none was", () => {
    const costs = createLearntCosts();
    expect(costs.of(collection, 1)).toEqual(assumed);
    sawOften(costs, { strategy: "exact", rows: 10_000 }, 3 * 10_000 * assumed.exactRowUs);
    expect(costs.of(collection, 2)).toEqual(assumed);
    expect(costs.of({ ...collection, id: 8 }, 1)).toEqual(assumed);
  });

  it("follow what comparing a row and a further row of a scan took", () => {
    const costs = createLearntCosts();
    sawOften(costs, { strategy: "exact", rows: 10_000 }, 3 * 10_000 * assumed.exactRowUs);
    expect(costs.of(collection, 1).exactRowUs / assumed.exactRowUs).toBeCloseTo(3, 1);
    const batchUs = assumed.startUs + 100 * assumed.efUs;
    const further = 2_000 * assumed.scanRowUs;
    sawOften(costs, { strategy: "ann", efSearch: 100, scanned: 2_100 }, batchUs + further / 2);
    expect(costs.of(collection, 1).scanRowUs / assumed.scanRowUs).toBeCloseTo(0.5, 1);
  });

  it("keep the ratio of the ways to search, as long as only one of them is seen on a node that is busy", () => {
    const costs = createLearntCosts();
    const kind = { strategy: "exact", rows: 10_000 } as const;
    for (let time = 0; time < 5; time += 1) sawOften(costs, kind, 4 * 10_000 * assumed.exactRowUs);
    const { exactRowUs, scanRowUs } = costs.of(collection, 1);
    expect(exactRowUs / scanRowUs / (assumed.exactRowUs / assumed.scanRowUs)).toBeCloseTo(1, 1);
  });

  it("believe no measurement that is more than five times off", () => {
    const costs = createLearntCosts();
    sawOften(costs, { strategy: "exact", rows: 5_000 }, 1e9);
    expect(costs.of(collection, 1).exactRowUs / assumed.exactRowUs).toBeCloseTo(5, 1);
    sawOften(costs, { strategy: "exact", rows: 5_000 }, 0, 2);
    expect(costs.of(collection, 2).exactRowUs / assumed.exactRowUs).toBeCloseTo(0.2, 1);
  });

  it("are at once what the first measurement says, and what the mean of the first ten says", () => {
    const costs = createLearntCosts();
    const saw = (times: number) =>
      costs.saw({
        collection,
        group: 1,
        elapsedUs: times * 10_000 * assumed.exactRowUs,
        kind: { strategy: "exact", rows: 10_000 },
      });
    saw(3);
    expect(costs.of(collection, 1).exactRowUs / assumed.exactRowUs).toBeCloseTo(3);
    saw(1);
    expect(costs.of(collection, 1).exactRowUs / assumed.exactRowUs).toBeCloseTo(2);
  });
});
