import { afterEach, expect, it } from "vitest";
import { type Collector, startCollector } from "../../../src/collectors/collector.ts";
import { queryNodes } from "../../../src/collectors/query-nodes.ts";
import type { Sampler } from "../../../src/collectors/sample.ts";
import type { SampleResult } from "../../../src/collectors/types.ts";
import { OrreryError } from "../../../src/errors.ts";
import type { Node } from "../../../src/topology/shard-map.ts";
import { silentLogger } from "../../support/silent-logger.ts";
import { waitFor } from "../../support/wait-for.ts";

const running: Collector<unknown>[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((collector) => collector.close()));
});

function start<T>(sampler: Sampler<T>, { nodeTimeoutMs = 20 } = {}) {
  const leaderTerm = { leads: true, checks: 0, begun: 0 };
  const results: SampleResult[] = [];
  const collector = startCollector({
    name: "balance",
    everyMs: 5,
    nodeTimeoutMs,
    budgetMs: 2 * nodeTimeoutMs,
    active: () => {
      leaderTerm.checks += 1;
      return leaderTerm.leads;
    },
    createSampler: () => {
      leaderTerm.begun += 1;
      return sampler;
    },
    observer: { sampled: ({ result }) => results.push(result), indexBuilt() {} },
    logger: silentLogger,
    monotonicMs: () => performance.now(),
  });
  running.push(collector);
  return { collector, leaderTerm, results };
}

it("keeps the latest sample and takes another after the interval", async () => {
  let samples = 0;
  const { collector, results } = start(async () => ++samples);
  await waitFor(() => (collector.latest() ?? 0) >= 3, { what: "three samples" });
  expect(results.slice(0, 2)).toEqual(["ok", "ok"]);
  expect(collector.ageSeconds()).toBeLessThan(5);
});

it("shows nothing once it is no longer leader, and starts afresh when it leads again", async () => {
  let samples = 0;
  const { collector, leaderTerm } = start(async () => ++samples);
  await waitFor(() => collector.latest(), { what: "a sample" });
  leaderTerm.leads = false;
  expect(collector.latest()).toBeUndefined();
  expect(collector.ageSeconds()).toBeUndefined();
  const before = samples;
  leaderTerm.leads = true;
  await waitFor(() => samples > before && collector.latest(), { what: "a sample in the new leader term" });
});

it("creates a new sampler in each leader term", async () => {
  const { collector, leaderTerm } = start(async () => "seen");
  await waitFor(() => collector.latest(), { what: "a sample" });
  expect(leaderTerm.begun).toBe(1);
  leaderTerm.leads = false;
  const checks = leaderTerm.checks;
  await waitFor(() => leaderTerm.checks > checks + 3, { what: "the collector to notice" });
  leaderTerm.leads = true;
  await waitFor(() => collector.latest(), { what: "a sample in the new leader term" });
  expect(leaderTerm.begun).toBe(2);
});

it("takes no samples while it does not lead", async () => {
  let samples = 0;
  const { collector, leaderTerm, results } = start(async () => ++samples);
  await waitFor(() => samples > 0, { what: "a sample" });
  leaderTerm.leads = false;
  await waitFor(() => results.length === samples, { what: "the end of the running sample" });
  const before = samples;
  const checks = leaderTerm.checks;
  await waitFor(() => leaderTerm.checks >= checks + 15, { what: "some intervals without the lead" });
  expect(samples).toBe(before);
  expect(collector.latest()).toBeUndefined();
});

it("abandons a sample that hangs and reports it, while the one before stays and ages", async () => {
  let samples = 0;
  const { collector, results } = start(() => {
    samples += 1;
    return samples === 1 ? Promise.resolve("seen") : new Promise<string>(() => {});
  });
  await waitFor(() => results.filter((result) => result === "timeout").length >= 2, {
    what: "two abandoned samples",
  });
  expect(collector.latest()).toBe("seen");
  expect(collector.ageSeconds()).toBeGreaterThan(0.03);
});

it("reports a sample that throws and takes the next one", async () => {
  let samples = 0;
  const { collector, results } = start(async () => {
    samples += 1;
    if (samples === 1) throw new OrreryError("NODE_UNAVAILABLE", "no");
    if (samples === 2) throw new TypeError("a mistake");
    return "seen";
  });
  await waitFor(() => collector.latest(), { what: "a sample that works" });
  expect(results.slice(0, 3)).toEqual(["failed", "failed", "ok"]);
});

it("closes without waiting for a sample that hangs", async () => {
  const { collector } = start(() => new Promise<string>(() => {}), { nodeTimeoutMs: 60_000 });
  await collector.close();
});

it("reports and ages a node that hangs while the other nodes stay visible", async () => {
  let nodes: readonly Node[] = [1, 2, 3].map((group) => ({
    id: group,
    group,
    name: `n${group}:1`,
    role: "primary",
  }));
  const statement = { text: "SELECT 1", values: [], prepare: false };
  const seen: number[][] = [];
  let hangs = true;
  const { collector, leaderTerm, results } = start(
    async (context) => {
      const answers = await queryNodes(
        {
          run: (node) =>
            hangs && node.group === 2 ? new Promise(() => {}) : Promise.resolve([[node.group]]),
        },
        nodes.map((node) => ({ node, statement })),
        (rows) => Number(rows[0]?.[0]),
        context,
      );
      seen.push([...answers.values()]);
      return seen.length;
    },
    { nodeTimeoutMs: 30 },
  );
  await waitFor(() => collector.latest(), { what: "a sample" });
  expect(seen[0]).toEqual([1, 3]);
  expect(results[0]).toBe("timeout");
  const ages = () => collector.nodeAgesSeconds() ?? new Map<string, number>();
  const hungFor = () => ages().get("n2:1") ?? 0;
  await waitFor(() => hungFor() > 0.15, { what: "the node to hang for some samples" });
  expect(collector.ageSeconds()).toBeLessThan(hungFor());
  expect(ages().get("n1:1")).toBeLessThan(hungFor());
  hangs = false;
  await waitFor(() => hungFor() < 0.1, { what: "the node to answer" });
  nodes = nodes.slice(2);
  await waitFor(() => ages().size === 1, { what: "nodes that left to be forgotten" });
  expect([...ages().keys()]).toEqual(["n3:1"]);
  leaderTerm.leads = false;
  expect(collector.nodeAgesSeconds()).toBeUndefined();
});
