import { expect, it } from "vitest";
import type { SearchRequest, SearchResult } from "../../../src/query/types.ts";
import { QueryReservoir } from "../../../src/recall/query-reservoir.ts";

const FOUND = {} as SearchResult;

function search(reservoir: QueryReservoir, vector: readonly number[], changes: Partial<SearchRequest> = {}) {
  const request = {
    collection: "c",
    scope: { kind: "namespaces", namespaces: ["n"] },
    query: { kind: "vector", vector: Float32Array.from(vector) },
    ...changes,
  } as SearchRequest;
  reservoir.searchFinished({ request, outcome: FOUND });
  return request;
}

it("keeps the last 200 vectors of a collection, and no other's", () => {
  const reservoir = new QueryReservoir();
  for (let at = 0; at < 450; at += 1) search(reservoir, [at, 1]);
  search(reservoir, [-1, -1], { collection: "other" });
  const seen = reservoir.queriesOf("c", 2).map(({ vector }) => vector[0] ?? 0);
  expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, index) => 250 + index));
});

it("keeps a copy, and the namespace where only one was searched", () => {
  const reservoir = new QueryReservoir();
  const { query } = search(reservoir, [1, 2]);
  if (query.kind === "vector") query.vector.fill(9);
  search(reservoir, [3, 4], { scope: { kind: "all" } });
  expect(reservoir.queriesOf("c", 2)).toEqual([
    { vector: Float32Array.of(1, 2), namespace: "n" },
    { vector: Float32Array.of(3, 4), namespace: undefined },
  ]);
});

it("keeps nothing of searches that failed, nor of those that name a record", () => {
  const reservoir = new QueryReservoir();
  search(reservoir, [1, 2], { query: { kind: "record", record: { namespace: "n", key: "k" } } });
  const request = search(new QueryReservoir(), [1, 2]);
  reservoir.searchFinished({ request, outcome: { error: new Error("no") } });
  expect(reservoir.queriesOf("c", 2)).toEqual([]);
});

it("forgets the vectors of a collection that was replaced by one of another dimension", () => {
  const reservoir = new QueryReservoir();
  search(reservoir, [1, 2]);
  expect(reservoir.queriesOf("c", 3)).toEqual([]);
  search(reservoir, [1, 2, 3]);
  expect(reservoir.queriesOf("c", 2)).toEqual([]);
  expect(reservoir.queriesOf("c", 3)).toHaveLength(1);
});

it("keeps no more than 64 MiB, of the collections that were searched last", () => {
  const reservoir = new QueryReservoir();
  const wide = Array<number>(16_000).fill(1);
  for (let at = 0; at < 7; at += 1) search(reservoir, wide, { collection: `c${at}` });
  const kept = Array.from({ length: 7 }, (_, at) => reservoir.queriesOf(`c${at}`, 16_000).length);
  expect(kept).toEqual([0, 0, 1, 1, 1, 1, 1]);
});
