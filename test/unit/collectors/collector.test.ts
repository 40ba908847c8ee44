import { afterEach, expect, test } from "vitest";
import { askNodes, type Look } from "../../../src/collectors/ask-nodes.ts";
import { type Collector, startCollector } from "../../../src/collectors/collector.ts";
import type { RunResult } from "../../../src/collectors/types.ts";
import { OrreryError } from "../../../src/errors.ts";
import type { Node } from "../../../src/topology/shard-map.ts";
import { silentLogger } from "../../support/stack.ts";
import { waitFor } from "../../support/wait-for.ts";

const running: Collector<unknown>[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((collector) => collector.close()));
});

function start<T>(collect: (look: Look) => Promise<T>, { nodeTimeoutMs = 20 } = {}) {
  const leaderTerm = { leads: true, asked: 0, begun: 0 };
  const results: RunResult[] = [];
  const collector = startCollector({
    name: "balance",
    everyMs: 5,
    nodeTimeoutMs,
    budgetMs: 2 * nodeTimeoutMs,
    active: () => {
      leaderTerm.asked += 1;
      return leaderTerm.leads;
    },
    begin: () => {
      leaderTerm.begun += 1;
      return collect;
    },
    observer: { ran: ({ result }) => results.push(result), indexBuilt() {} },
    logger: silentLogger,
    monotonicMs: () => performance.now(),
  });
  running.push(collector);
  return { collector, leaderTerm, results };
}

test("what was seen last is kept, and looked for again after the interval", async () => {
  let looks = 0;
  const { collector, results } = start(async () => ++looks);
  await waitFor(() => (collector.latest() ?? 0) >= 3, { what: "three looks" });
  expect(results.slice(0, 2)).toEqual(["ok", "ok"]);
  expect(collector.ageSeconds()).toBeLessThan(5);
});

test("one that leads no more shows nothing from that moment on, and begins anew when it leads again", async () => {
  let looks = 0;
  const { collector, leaderTerm } = start(async () => ++looks);
  await waitFor(() => collector.latest(), { what: "a look" });
  leaderTerm.leads = false;
  expect(collector.latest()).toBeUndefined();
  expect(collector.ageSeconds()).toBeUndefined();
  const before = looks;
  leaderTerm.leads = true;
  await waitFor(() => looks > before && collector.latest(), { what: "a look in the new leader term" });
});

test("what looks remember of each other ends with the leader term", async () => {
  const { collector, leaderTerm } = start(async () => "seen");
  await waitFor(() => collector.latest(), { what: "a look" });
  expect(leaderTerm.begun).toBe(1);
  leaderTerm.leads = false;
  const asked = leaderTerm.asked;
  await waitFor(() => leaderTerm.asked > asked + 3, { what: "it to have noticed" });
  leaderTerm.leads = true;
  await waitFor(() => collector.latest(), { what: "a look in the new leader term" });
  expect(leaderTerm.begun).toBe(2);
});

test("where it does not lead it never looks", async () => {
  let looks = 0;
  const { collector, leaderTerm, results } = start(async () => ++looks);
  await waitFor(() => looks > 0, { what: "a look" });
  leaderTerm.leads = false;
  await waitFor(() => results.length === looks, { what: "the end of the look under way" });
  const before = looks;
  const asked = leaderTerm.asked;
  await waitFor(() => leaderTerm.asked >= asked + 15, { what: "some rounds without the lead" });
  expect(looks).toBe(before);
  expect(collector.latest()).toBeUndefined();
});

test("a look that hangs is given up at its budget and reported; what was seen before stays, and ages", async () => {
  let looks = 0;
  const { collector, results } = start(() => {
    looks += 1;
    return looks === 1 ? Promise.resolve("seen") : new Promise<string>(() => {});
  });
  await waitFor(() => results.filter((result) => result === "timeout").length >= 2, {
    what: "two looks given up",
  });
  expect(collector.latest()).toBe("seen");
  expect(collector.ageSeconds()).toBeGreaterThan(0.03);
});

test("a look that throws is reported and the next one follows", async () => {
  let looks = 0;
  const { collector, results } = start(async () => {
    looks += 1;
    if (looks === 1) throw new OrreryError("NODE_UNAVAILABLE", "no");
    if (looks === 2) throw new TypeError("a mistake");
    return "seen";
  });
  await waitFor(() => collector.latest(), { what: "a look that works" });
  expect(results.slice(0, 3)).toEqual(["failed", "failed", "ok"]);
});

test("closing does not wait for a look that hangs", async () => {
  const { collector } = start(() => new Promise<string>(() => {}), { nodeTimeoutMs: 60_000 });
  await collector.close();
});

test("a node that hangs costs its own time limit, is reported, ages, and hides no other", async () => {
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
    async (look) => {
      const answers = await askNodes(
        {
          ask: (node) =>
            hangs && node.group === 2 ? new Promise(() => {}) : Promise.resolve([[node.group]]),
        },
        nodes.map((node) => ({ node, statement })),
        (rows) => Number(rows[0]?.[0]),
        look,
      );
      seen.push([...answers.values()]);
      return seen.length;
    },
    { nodeTimeoutMs: 30 },
  );
  await waitFor(() => collector.latest(), { what: "a look" });
  expect(seen[0]).toEqual([1, 3]);
  expect(results[0]).toBe("timeout");
  const ages = () => collector.nodeAgesSeconds() ?? new Map<string, number>();
  const hungFor = () => ages().get("n2:1") ?? 0;
  await waitFor(() => hungFor() > 0.15, { what: "the node to hang for some looks" });
  expect(collector.ageSeconds()).toBeLessThan(hungFor());
  expect(ages().get("n1:1")).toBeLessThan(hungFor());
  hangs = false;
  await waitFor(() => hungFor() < 0.1, { what: "its answer" });
  nodes = nodes.slice(2);
  await waitFor(() => ages().size === 1, { what: "nodes that left to be forgotten" });
  expect([...ages().keys()]).toEqual(["n3:1"]);
  leaderTerm.leads = false;
  expect(collector.nodeAgesSeconds()).toBeUndefined();
});
