import { describe, expect, it } from "vitest";
import {
  exactDistance,
  type IndexedVectors,
  indexElement,
  indexedDistance,
  similarityOf,
} from "../../../../src/shards/sql/distance.ts";

const METRICS = ["cosine", "l2", "inner_product"] as const;
const FORMS = ["none", "half", "unnormalized-half", "binary"] as const;

const kinds: readonly IndexedVectors[] = METRICS.flatMap((metric) =>
  FORMS.map((quantization) => ({ metric, quantization, dimension: 3 })),
);

describe.each(kinds)("the index of $quantization by $metric", (kind) => {
  it("is over the very expression that a search orders by", () => {
    const [, indexed] = indexElement(kind).match(/^\(?(.*?)\)? \w+_ops$/) ?? [];
    expect(indexedDistance(kind, "$1::vector").startsWith(`${indexed} <`)).toBe(true);
  });

  it("compares by the operator of its operator class", () => {
    const [, operator] = indexedDistance(kind, "$1::vector").match(/ (<[^ ]+>) /) ?? [];
    const [, name] = indexElement(kind).match(/ (\w+)_ops$/) ?? [];
    const operators: Record<string, string> = { cosine: "<=>", l2: "<->", ip: "<#>", hamming: "<~>" };
    expect(operator).toBe(operators[String(name?.split("_")[1])]);
  });
});

it("an index that loses nothing orders by the exact distance", () => {
  for (const metric of METRICS) {
    expect(indexedDistance({ metric, quantization: "none", dimension: 3 }, "$1::vector")).toBe(
      exactDistance(metric, "$1::vector"),
    );
  }
});

it("an index of half keeps vectors of length 1 where only the direction counts", () => {
  const element = (metric: IndexedVectors["metric"]) =>
    indexElement({ metric, quantization: "half", dimension: 3 });
  expect(element("cosine")).toBe("(l2_normalize(embedding)::halfvec(3)) halfvec_cosine_ops");
  expect(element("l2")).toBe("(embedding::halfvec(3)) halfvec_l2_ops");
  expect(element("inner_product")).toBe("(embedding::halfvec(3)) halfvec_ip_ops");
});

it("a similarity is higher for the nearer of two, and 0 rather than -0", () => {
  expect(similarityOf("cosine", 0.25)).toBe(0.75);
  expect(similarityOf("l2", 5)).toBe(-5);
  // pgvector gives the inner product negated.
  expect(similarityOf("inner_product", -7)).toBe(7);
  expect(similarityOf("l2", 0)).toBe(0);
  expect(similarityOf("inner_product", 0)).toBe(0);
  for (const metric of METRICS) expect(similarityOf(metric, Number.NaN)).toBeNaN();
});
