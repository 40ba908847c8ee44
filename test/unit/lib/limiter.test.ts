import { getEventListeners } from "node:events";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLimiter } from "../../../src/lib/limiter.ts";

const full = () => new Error("full");
const never = new AbortController().signal;

/** Lets everything that is ready run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("a limiter", () => {
  it("a limiter lets up to its maximum run at once, then serves first come first served", async () => {
    const limiter = createLimiter({ max: 2, queue: 10, full });
    const order: number[] = [];
    const releases: (() => void)[] = [];
    for (let i = 0; i < 5; i += 1) {
      void limiter.acquire(never).then((release) => {
        order.push(i);
        releases.push(release);
      });
    }
    await settled();
    expect(order).toEqual([0, 1]);
    expect({ running: limiter.running, waiting: limiter.waiting }).toEqual({ running: 2, waiting: 3 });
    for (const [index, after] of [
      [0, 1, 2],
      [0, 1, 2, 3],
      [0, 1, 2, 3, 4],
    ].entries()) {
      releases[index]?.();
      await settled();
      expect(order).toEqual(after);
    }
  });

  it("a limiter refuses more than its queue holds, and accepts again once there is room", async () => {
    const limiter = createLimiter({ max: 1, queue: 1, full });
    const release = await limiter.acquire(never);
    const waiting = limiter.acquire(never);
    await expect(limiter.acquire(never)).rejects.toThrow("full");
    release();
    const releaseSecond = await waiting;
    const third = limiter.acquire(never);
    releaseSecond();
    (await third)();
    expect({ running: limiter.running, waiting: limiter.waiting }).toEqual({ running: 0, waiting: 0 });
  });

  it("a limiter without a queue refuses every call once all slots are taken", async () => {
    const limiter = createLimiter({ max: 1, queue: 0, full });
    await limiter.acquire(never);
    await expect(limiter.acquire(never)).rejects.toThrow("full");
  });

  it("a limiter rejects a waiting call when its signal aborts, and does not delay the others", async () => {
    const limiter = createLimiter({ max: 1, queue: 5, full });
    const controller = new AbortController();
    const release = await limiter.acquire(never);
    const gone = limiter.acquire(controller.signal);
    const next = limiter.acquire(never);
    controller.abort(new Error("left"));
    await expect(gone).rejects.toThrow("left");
    expect(limiter.waiting).toBe(1);
    release();
    (await next)();
    expect(limiter.running).toBe(0);
  });

  it("a limiter listens to a signal only while its call waits", async () => {
    const limiter = createLimiter({ max: 1, queue: 5, full });
    const { signal } = new AbortController();
    const release = await limiter.acquire(signal);
    const waiting = limiter.acquire(signal);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    release();
    await waiting;
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("a limiter rejects a call whose signal has aborted, even when a slot is free", async () => {
    const limiter = createLimiter({ max: 1, queue: 5, full });
    await expect(limiter.acquire(AbortSignal.abort(new Error("late")))).rejects.toThrow("late");
    expect(limiter.running).toBe(0);
  });

  it("a limiter keeps its bounds and loses no slot over any schedule of arrivals, ends and aborts", async () => {
    type Job = {
      state: "waiting" | "running" | "ended" | "refused";
      end: () => void;
      readonly controller: AbortController;
    };
    const anySteps = fc.array(
      fc.tuple(fc.constantFrom("arrive", "arrive", "end", "abort"), fc.nat({ max: 30 }), fc.boolean()),
      { maxLength: 80 },
    );
    const anyLimits = fc.record({
      max: fc.integer({ min: 1, max: 4 }),
      queue: fc.integer({ min: 0, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(anyLimits, anySteps, async (limits, steps) => {
        const limiter = createLimiter({ ...limits, full });
        const jobs: Job[] = [];
        const started: number[] = [];
        const count = (state: Job["state"]) => jobs.filter((job) => job.state === state).length;
        for (const [step, choice, pauses] of steps) {
          if (step === "arrive") {
            const index = jobs.length;
            const job: Job = { state: "waiting", end: () => {}, controller: new AbortController() };
            jobs.push(job);
            limiter.acquire(job.controller.signal).then(
              (release) => {
                started.push(index);
                job.state = "running";
                job.end = release;
              },
              () => {
                job.state = "refused";
              },
            );
          } else if (step === "end") {
            const running = jobs.filter(({ state }) => state === "running");
            const job = running[choice % Math.max(1, running.length)];
            if (job !== undefined) {
              job.state = "ended";
              job.end();
            }
          } else {
            jobs[choice % Math.max(1, jobs.length)]?.controller.abort(new Error("left"));
          }
          if (pauses) await settled();
          expect(limiter.running).toBeLessThanOrEqual(limits.max);
          expect(limiter.waiting).toBeLessThanOrEqual(limits.queue);
        }
        await settled();
        expect({ running: limiter.running, waiting: limiter.waiting }).toEqual({
          running: count("running"),
          waiting: count("waiting"),
        });
        if (limiter.waiting > 0) expect(limiter.running).toBe(limits.max);
        expect(started).toEqual(started.toSorted((a, b) => a - b));
        while (count("running") > 0) {
          for (const job of jobs.filter(({ state }) => state === "running")) {
            job.state = "ended";
            job.end();
          }
          await settled();
        }
        expect({ running: limiter.running, waiting: limiter.waiting, left: count("waiting") }).toEqual({
          running: 0,
          waiting: 0,
          left: 0,
        });
      }),
    );
  });
});
