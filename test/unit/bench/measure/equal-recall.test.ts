import { describe, expect, it } from "vitest";
import { costAtRecall, widthFor } from "../../../../bench/measure/equal-recall.ts";

const curve = [
  { recall: 0.8, cost: 100 },
  { recall: 0.9, cost: 150 },
  { recall: 0.98, cost: 310 },
];

describe("the cost at a recall", () => {
  it("lies between the points around it, in proportion", () => {
    expect(costAtRecall(curve, 0.95)?.cost).toBeCloseTo(250);
    expect(costAtRecall(curve, 0.95)?.isUpperBound).toBe(false);
  });

  it("is that of a point which has exactly the recall", () => {
    expect(costAtRecall(curve, 0.9)).toEqual({ cost: 150, isUpperBound: false });
    expect(costAtRecall(curve, 0.8)).toEqual({ cost: 100, isUpperBound: false });
  });

  it("is an upper bound where every point has more recall", () => {
    expect(costAtRecall(curve, 0.5)).toEqual({ cost: 100, isUpperBound: true });
  });

  it("is unknown where no point has the recall", () => {
    expect(costAtRecall(curve, 0.99)).toBeUndefined();
    expect(costAtRecall([], 0.5)).toBeUndefined();
  });

  it("is that of the first way across where a curve turns back", () => {
    const turning = [...curve, { recall: 0.97, cost: 500 }, { recall: 0.99, cost: 700 }];
    expect(costAtRecall(turning, 0.98)?.cost).toBeCloseTo(310);
    expect(costAtRecall(turning, 0.99)?.cost).toBeCloseTo(700);
  });
});

describe("the width for a recall", () => {
  const widths = [
    { width: 160, recall: 0.99 },
    { width: 40, recall: 0.9 },
    { width: 80, recall: 0.96 },
  ];

  it("is the least that has it", () => {
    expect(widthFor(widths, 0.95)).toBe(80);
  });

  it("is the largest where none has it", () => {
    expect(widthFor(widths, 0.999)).toBe(160);
  });
});
