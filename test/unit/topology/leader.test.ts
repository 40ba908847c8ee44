import { describe, expect, it } from "vitest";
import type { Leading } from "../../../src/coordinator/start-leading.ts";
import { pause } from "../../../src/lib/pause.ts";
import { untilAborted } from "../../../src/lib/until-aborted.ts";
import type { LeaderTerm } from "../../../src/topology/leader.ts";
import { sampleCatalog, sampleMap } from "../../contract/sample-map.ts";
import { waitFor } from "../../support/wait-for.ts";
import { useLeaders } from "./use-leaders.ts";

const LONG_MS = 600_000;

describe("leader", () => {
  const leaders = useLeaders();
  const leads = (leading: Leading) => waitFor(() => leading.isLeader(), { what: "the leader" });

  it("has one leader; the others publish nothing until they take over", async () => {
    const first = leaders.start({ id: "a", publishIntervalMs: LONG_MS });
    await leaders.published(1);
    const second = leaders.start({ id: "b", publishIntervalMs: LONG_MS });
    leaders.engine.catalog = sampleCatalog({ words: 2 });
    await second.publishNow();
    expect((await leaders.store.load())?.value.epoch).toBe(1);
    expect(second.isLeader()).toBe(false);
    await first.close();
    await leaders.published(2);
    expect(second.isLeader()).toBe(true);
    expect(first.isLeader()).toBe(false);
    expect(leaders.engine.terms).toEqual(["a", "b"]);
  });

  it("lets others lead when it cannot raise the term, and tries again later", async () => {
    leaders.engine.reachable = false;
    const leading = leaders.start();
    const other = await leaders.store.campaign("other", new AbortController().signal);
    expect(leading.isLeader()).toBe(false);
    leaders.engine.reachable = true;
    await other.resign();
    await leaders.published(1);
    expect(leading.isLeader()).toBe(true);
  });

  it("campaigns again after a publication was refused as not the leader's", async () => {
    const leading = leaders.start();
    await leaders.published(1);
    // The store forgets who leads but keeps the map, as when the leader's key alone is deleted.
    await leaders.store.wipe();
    await leaders.store.put(sampleMap(1));
    leaders.engine.catalog = sampleCatalog({ words: 2 });
    await leaders.published(2);
    expect(leaders.engine.terms).toEqual(["a", "a"]);
    expect(leading.isLeader()).toBe(true);
  });

  it("runs each task in each leader term, with the term raised before", async () => {
    const leading = leaders.start();
    const terms: LeaderTerm[] = [];
    leading.addTask(async (leaderTerm) => {
      terms.push(leaderTerm);
      await untilAborted(leaderTerm.signal);
    });
    await leads(leading);
    await terms[0]?.leadership.resign();
    await waitFor(() => terms.length === 2, { what: "the second leader term" });
    expect(terms.map(({ term }) => term)).toEqual([1, 2]);
    expect(leaders.engine.terms).toEqual(["a", "a"]);
  });

  it("runs a task at once that is added while it leads", async () => {
    const leading = leaders.start();
    await leads(leading);
    let ran = false;
    leading.addTask(async ({ signal }) => {
      ran = true;
      await untilAborted(signal);
    });
    expect(ran).toBe(true);
    expect(leaders.engine.terms).toEqual(["a"]);
  });

  it.each([
    ["rejects", () => Promise.reject(new Error("broken"))],
    ["ends early", () => Promise.resolve()],
  ])("gives the leadership up when a task %s, and leads again later", async (_, end) => {
    const leading = leaders.start();
    await leads(leading);
    let aborted = false;
    leading.addTask(async ({ signal }) => {
      await untilAborted(signal);
      aborted = true;
    });
    let runs = 0;
    leading.addTask(async ({ signal }) => {
      runs += 1;
      if (runs === 1) return end();
      await untilAborted(signal);
    });
    await waitFor(() => aborted, { what: "the other task to end" });
    await waitFor(() => runs === 2, { what: "the next leader term" });
    expect(leading.isLeader()).toBe(true);
    expect(leaders.engine.terms).toEqual(["a", "a"]);
  });

  it("runs no task when the leadership is lost while the term is raised", async () => {
    const raise = leaders.engine.raiseTerm.bind(leaders.engine);
    leaders.engine.raiseTerm = async (holder) => {
      const term = await raise(holder);
      // As for a process that was frozen for longer than its lease.
      if (term === 1) await leaders.store.wipe();
      return term;
    };
    const terms: number[] = [];
    leaders.start().addTask(async ({ term, signal }) => {
      terms.push(term);
      await untilAborted(signal);
    });
    await waitFor(() => terms.length > 0, { what: "a leader term" });
    expect(terms).toEqual([2]);
  });

  it("leaves the leadership to others only when its tasks have ended, and closes after that", async () => {
    const first = leaders.start({ id: "a" });
    await leads(first);
    let ended = false;
    first.addTask(async ({ signal }) => {
      await untilAborted(signal);
      await pause(50, new AbortController().signal);
      ended = true;
    });
    await first.close();
    expect(ended).toBe(true);
    const second = leaders.start({ id: "b" });
    await leads(second);
    expect(leaders.engine.terms).toEqual(["a", "b"]);
  });
});
