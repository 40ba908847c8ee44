import { expect, it } from "vitest";
import { decodeCatalog } from "../../../src/engines/catalog.ts";

const RING = [[7, -2147483648, 2147483647, 1]];
const ROW = { table: "c_1", dimension: 3, quantization: "none", m: 16, efConstruction: 64 };

const decoded = (collections: readonly object[]) =>
  decodeCatalog([[JSON.stringify({ clusterId: "c", nodes: [], collections })]]).collections;

it("the catalogs name the shards of collections of other metrics under another name", () => {
  const [words, pictures] = decoded([
    { ...ROW, id: 1, name: "words", metric: "cosine", shards: RING, ranges: null },
    { ...ROW, id: 2, name: "pictures", metric: "l2", shards: null, ranges: RING },
  ]);
  expect(words).toMatchObject({ metric: "cosine", shards: [{ id: 7 }] });
  expect(pictures).toMatchObject({ metric: "l2", shards: [{ id: 7 }] });
});

it("a collection without shards is being dropped, and left out", () => {
  expect(decoded([{ ...ROW, id: 1, name: "words", metric: "l2", shards: null, ranges: null }])).toEqual([]);
  expect(decoded([{ ...ROW, id: 1, name: "words", metric: "cosine", shards: null }])).toEqual([]);
});
