import { expect, it } from "vitest";
import type { PeerResults, SweepRow } from "../../../../bench/measure/peer-rows.ts";
import { curve, peersTables, tablesOf } from "../../../../bench/report/peers-tables.ts";

const point = (system: string, width: number, recall: number, cpu: Partial<SweepRow["cpu"]>): SweepRow => ({
  system,
  width,
  recall,
  qps: 10_000 / width,
  p50Ms: 1,
  cpu: { client: 0, server: 0, postgres: 0, ...cpu },
});

const results: PeerResults = {
  kind: "words",
  records: 1_000,
  dimension: 100,
  systems: [
    { id: "orrery", name: "Orrery", place: "server" },
    { id: "redis", name: "Redis 8", place: "server" },
    { id: "hnswlib", name: "hnswlib", place: "library" },
  ],
  notRun: [{ id: "chroma", why: "no C library" }],
  builds: [],
  sweep: [
    point("orrery", 40, 0.9, { client: 100, server: 200, postgres: 300 }),
    point("orrery", 80, 1, { client: 100, server: 200, postgres: 500 }),
    point("redis", 40, 0.95, { client: 100, server: 150 }),
    point("hnswlib", 40, 0.97, { client: 70 }),
  ],
  filters: [
    {
      system: "redis",
      cell: "far 0.1",
      width: 40,
      recall: 0.5,
      short: 3,
      qps: 1,
      cpu: { client: 1, server: 2, postgres: 0 },
    },
  ],
  updates: [],
};

const rowOf = (title: RegExp, name: string) => {
  const table = tablesOf(results).find((each) => title.test(each.title));
  const row = table?.rows.find((each) => each[0] === name);
  return Object.fromEntries((table?.head ?? []).map((head, i) => [head || `column ${i}`, row?.[i]]));
};

it("compares systems at the same recall, all processes and servers alone", () => {
  expect(rowOf(/recall 0.95/, "Orrery")).toMatchObject({ CPU: "700", client: "100", PostgreSQL: "400" });
  expect(rowOf(/recall 0.95/, "Redis 8")).toMatchObject({
    CPU: "250",
    "to Orrery's": "0.36",
    "servers to Orrery's": "0.25",
    QPS: "250",
  });
});

it("marks what is an upper bound, and leaves empty what no width reaches", () => {
  expect(rowOf(/recall 0.95/, "hnswlib")).toMatchObject({ CPU: "*70", "servers to Orrery's": "" });
  expect(rowOf(/recall 0.99/, "hnswlib")).toMatchObject({ CPU: "", QPS: "", "most recall": "0.970" });
});

it("shows recall, short answers and CPU of filters, and who has none", () => {
  expect(rowOf(/filters/, "Redis 8")).toMatchObject({ "far 0.1": "0.500, 3, 3" });
  expect(rowOf(/filters/, "hnswlib")).toMatchObject({ "far 0.1": "none" });
});

it("says by name what was not run, and why", () => {
  expect(peersTables(results)).toMatch(/Not run[\s\S]*chroma[\s\S]*no C library/);
});

it("takes the median of the repeats of a width", () => {
  const repeats = [0.7, 0.9, 0.8].map((recall, i) => point("a", 40, recall, { client: 3 - i }));
  expect(curve(repeats, "a")).toMatchObject([{ width: 40, recall: 0.8, cpu: { client: 2 } }]);
});
