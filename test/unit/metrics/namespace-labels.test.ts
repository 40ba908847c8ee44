import { expect, it } from "vitest";
import { createMetrics } from "../../../src/metrics/create-metrics.ts";
import { createNamespaceLabels } from "../../../src/metrics/namespace-labels.ts";
import type { SearchRequest, SearchResult } from "../../../src/query/types.ts";
import { heapInUse } from "../../support/collect-garbage.ts";
import { scrape } from "./scrape.ts";

const MINUTE_MS = 60_000;

function top(size: number) {
  const removed: string[] = [];
  let nowMs = 0;
  const labels = createNamespaceLabels(
    { mode: "top", top: size, allowed: [], monotonicMs: () => nowMs },
    (name) => removed.push(name),
  );
  const search = (namespace: string, times: number) =>
    Array.from({ length: times }, () => labels.labelOf(namespace)).at(-1);
  return { labels, removed, search, later: (ms: number) => (nowMs += ms) };
}

it("gives the first namespaces a label at once, and later ones none", () => {
  const { search, labels } = top(2);
  expect([search("a", 1), search("b", 1), search("c", 1)]).toEqual(["a", "b", "_other"]);
  expect(labels.reason).toBe("not_top");
});

it("gives a namespace that is searched much more the label of the least searched one after a minute", () => {
  const { search, removed, later, labels } = top(2);
  search("a", 10);
  search("b", 2);
  search("c", 9);
  later(MINUTE_MS);
  expect(search("c", 1)).toBe("c");
  expect(removed).toEqual(["b"]);
  expect([...labels.current()].sort()).toEqual(["a", "c"]);
});

it("gives no label to a namespace that is searched only a little more", () => {
  const { search, removed, later } = top(1);
  search("a", 10);
  search("b", 14);
  later(MINUTE_MS);
  expect(search("b", 1)).toBe("_other");
  expect(removed).toEqual([]);
});

it("allows the namespaces of a list, and none when off", () => {
  const list = createNamespaceLabels(
    { mode: "allowlist", top: 20, allowed: ["a"], monotonicMs: () => 0 },
    () => {},
  );
  expect([list.labelOf("a"), list.labelOf("b"), list.reason]).toEqual(["a", "_other", "not_allowed"]);
  const off = createNamespaceLabels({ mode: "off", top: 20, allowed: ["a"], monotonicMs: () => 0 }, () => {});
  expect([off.labelOf("a"), off.reason]).toEqual(["_other", "off"]);
});

it("never has more than 200 labels, whatever the configuration", () => {
  const { search, labels } = top(1_000);
  for (let n = 0; n < 500; n += 1) search(`n${n}`, 1);
  expect(labels.current()).toHaveLength(200);
  expect(labels.reason).toBe("cap");
});

it("keeps as few series and as little memory after an hour of 50,000 namespaces as with a few", async () => {
  let nowMs = 0;
  const metrics = createMetrics({
    version: "1",
    methods: [],
    namespaces: { mode: "top", top: 20, allowed: [] },
    slowQueryMs: undefined,
    monotonicMs: () => nowMs,
  });
  const timings = { planMs: 1, scatterMs: 1, mergeMs: 1, totalMs: 3 };
  const completeness = { targetsTotal: 1, targetsOk: 1, failures: [] };
  const hits = [{ namespace: "a", key: "k", similarity: 1 }];
  const outcome: SearchResult = { hits, completeness, epoch: 1, timings, profile: [] };
  const context = { signal: new AbortController().signal, requestId: "r" };
  const searchAll = () => {
    for (let n = 0; n < 50_000; n += 1) {
      nowMs += MINUTE_MS / 50_000;
      const namespaces = [`tenant-${n.toString(36)}`.repeat(4)];
      const request = { scope: { kind: "namespaces", namespaces } } as unknown as SearchRequest;
      metrics.query.searchFinished({ request, context, outcome, elapsedMs: timings.totalMs });
    }
  };
  searchAll();
  const before = heapInUse();
  for (let round = 0; round < 8; round += 1) searchAll();
  // Names of 50,000 namespaces alone would be 4 MB a round, their series far more.
  expect(heapInUse() - before).toBeLessThan(30e6);
  const series = await scrape(metrics);
  metrics.close();
  const labels = new Set(
    [...series.keys()].flatMap((name) => /^vector_search_\w+\{namespace="([^"]+)"/.exec(name)?.[1] ?? []),
  );
  expect(labels.size).toBe(21);
  expect(labels).toContain("_other");
  const recorded = [...series].filter(([name]) => name.startsWith("vector_search_duration_seconds_count"));
  const dropped = series.get('orrery_metrics_namespaces_dropped_total{reason="not_top"}');
  expect(dropped).toBeGreaterThan(9 * 50_000 - 9 * 20 - 100);
  expect(recorded.length).toBe(21);
});
