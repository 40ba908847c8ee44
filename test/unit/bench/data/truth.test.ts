import { describe, expect, it } from "vitest";
import {
  createPeerData,
  FILTER_CELLS,
  holdsFor,
  overwrittenRecords,
  truthsOf,
} from "../../../../bench/data/peer-data.ts";
import { judge, truthOf } from "../../../../bench/data/truth.ts";
import type { TopicRecord } from "../../../support/topics.ts";

const records = Array.from({ length: 6 }, (_, i) => ({
  key: `k${i}`,
  vector: new Float32Array([1]),
  topic: i,
  part: 0,
  chance: i / 10,
})) satisfies readonly TopicRecord[];
const products = [0.1, 0.9, 0.5, 0.9, 0.3, 0.2];

describe("an answer", () => {
  const truth = truthOf(records, products, { topK: 2, holds: () => true });

  it("has the part of the best that it found, equally near ones alike", () => {
    expect(judge(["k1", "k3"], truth)).toEqual({ recall: 1, isShort: false });
    expect(judge(["k1", "k2"], truth)).toEqual({ recall: 0.5, isShort: false });
  });

  it("is short when there is more to find", () => {
    expect(judge(["k3"], truth)).toEqual({ recall: 0.5, isShort: true });
  });

  it("is not short when it has all that match", () => {
    const one = truthOf(records, products, { topK: 2, holds: ({ key }) => key === "k0" });
    expect(judge(["k0"], one)).toEqual({ recall: 1, isShort: false });
    expect(judge([], one)).toEqual({ recall: 0, isShort: true });
  });

  it("may hold neither what does not match nor a key twice", () => {
    const even = truthOf(records, products, { topK: 2, holds: ({ topic }) => topic % 2 === 0 });
    expect(() => judge(["k1"], even)).toThrow("k1 does not match");
    expect(() => judge(["k1", "k1"], truth)).toThrow("twice");
  });
});

describe("the data of peers", () => {
  const data = createPeerData("mixture", { records: 300, queries: 5, dimension: 8 });

  it("has a tenth of its records twice, the second time with other vectors", () => {
    expect(data.records).toHaveLength(300);
    expect(data.overwrites).toHaveLength(30);
    const after = overwrittenRecords(data);
    expect(after.map(({ key }) => key)).toEqual(data.records.map(({ key }) => key));
    expect(after.filter((record, i) => record.vector !== data.records[i]?.vector)).toHaveLength(30);
  });

  it("has filters that hold for about the part they are named by, far ones for none of the nearest", () => {
    for (const { name, filterOf } of FILTER_CELLS) {
      const filter = filterOf(data, data.queries[0] as Float32Array);
      const part = data.records.filter(holdsFor(filter)).length / data.records.length;
      expect(Math.abs(part - Number(name.split(" ")[1]))).toBeLessThan(0.05);
    }
    const vector = data.queries[0] as Float32Array;
    const far = FILTER_CELLS.at(-1)?.filterOf(data, vector);
    const [everywhere] = truthsOf(data.records, [{ vector }]);
    const [inFar] = truthsOf(data.records, [{ vector, ...(far && { filter: far }) }]);
    expect(Math.max(...(inFar?.productOf.values() ?? []))).toBeLessThan(everywhere?.least ?? 0);
  });

  it("is refused for kinds that are not there", () => {
    expect(() => createPeerData("songs", { records: 10, queries: 1, dimension: 8 })).toThrow("no data songs");
  });
});
