import { getEventListeners, setMaxListeners } from "node:events";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { OrreryError } from "../../../src/errors.ts";
import { CallSignal } from "../../../src/lib/cancellation.ts";
import { Admission } from "../../../src/shards/admission.ts";
import type { AdmissionLimits, Work } from "../../../src/shards/class-of-work.ts";
import { unshared } from "../../support/unshared.ts";

const never = new AbortController().signal;
setMaxListeners(0, never);
/** As the defaults of the configuration. */
const SHARED: AdmissionLimits = {
  max: 10,
  readShare: 0.8,
  writeShare: 0.5,
  namespaceShare: 0.5,
  shardShare: 0.5,
  queue: 100,
  queueBytes: 1_000_000,
};

const read = (flow?: string, shard?: number): Work => ({ signal: never, flow, shard });
const write = (flow?: string, shard?: number): Work => ({ signal: never, write: true, flow, shard });
/** Lets everything that is ready run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** How many more of `work` start at once. */
function fill(admission: Admission, work: () => Work): readonly Work[] {
  const started: Work[] = [];
  for (let next = work(); admission.tryAcquire(next); next = work()) started.push(next);
  return started;
}

/** Has `work` wait, and notes its name when it starts. */
function wait(admission: Admission, work: Work, name: string, order: string[]): Promise<void> {
  return admission.acquire(work, 10).then(() => void order.push(name));
}

const codeOf = (error: unknown) => (error as OrreryError).code;
const waiting = (admission: Admission) => admission.queues().map((queue) => queue.waiting);

describe("shares of a node", () => {
  it("leave slots for writes whatever reads do, and the other way round", () => {
    const reading = new Admission(SHARED, "n");
    let tenant = 0;
    expect(fill(reading, () => read(`${++tenant}`))).toHaveLength(8);
    expect(fill(reading, () => write(`${++tenant}`))).toHaveLength(2);
    const writing = new Admission(SHARED, "n");
    expect(fill(writing, () => write(`${++tenant}`))).toHaveLength(5);
    expect(fill(writing, () => read(`${++tenant}`))).toHaveLength(5);
  });

  it("leave slots for others whatever one namespace does", () => {
    const admission = new Admission(SHARED, "n");
    expect(fill(admission, () => read("one"))).toHaveLength(4);
    expect(fill(admission, () => read("two"))).toHaveLength(2);
    expect(fill(admission, () => read("three"))).toHaveLength(1);
    expect(fill(admission, () => read("four"))).toHaveLength(1);
    expect(admission.tryAcquire(read("five"))).toBe(false);
  });

  it("leave slots for other shards whatever the namespaces of one shard do", () => {
    const admission = new Admission(SHARED, "n");
    let tenant = 0;
    expect(fill(admission, () => write(`${++tenant}`, 7))).toHaveLength(3);
    expect(fill(admission, () => write(`${++tenant}`, 8))).toHaveLength(1);
  });

  it("leave slots for namespaces whatever searches of all of them do", () => {
    const admission = new Admission(SHARED, "n");
    expect(fill(admission, () => read())).toHaveLength(4);
    expect(fill(admission, () => read("one"))).toHaveLength(2);
    expect(fill(admission, () => read("two"))).toHaveLength(1);
  });

  it("are all of it where the settings say so", () => {
    const admission = new Admission(unshared(10), "n");
    expect(fill(admission, () => read("one", 7))).toHaveLength(10);
  });

  it("let each class run on the smallest node", () => {
    const admission = new Admission({ ...SHARED, max: 1 }, "n");
    expect(fill(admission, () => read("one", 7))).toHaveLength(1);
    expect(admission.tryAcquire(write("one", 7))).toBe(false);
  });
});

describe("a wait for a slot", () => {
  it("ends namespace by namespace, however many of one wait, and in order within it", async () => {
    const admission = new Admission(unshared(1), "n");
    const running = read("first");
    admission.tryAcquire(running);
    const order: string[] = [];
    const all = ["a", "a", "a", "b", "c", "b"].map((flow, i) => [read(flow), `${flow}${i}`] as const);
    for (const [work, name] of all) void wait(admission, work, name, order);
    admission.release(running);
    for (let i = 0; i < all.length; i += 1) {
      await settled();
      const started = all.find(([, name]) => name === order.at(-1));
      admission.release((started as (typeof all)[number])[0]);
    }
    expect(order).toEqual(["a0", "b3", "c4", "a1", "b5", "a2"]);
    expect({ running: admission.running, waiting: waiting(admission) }).toEqual({
      running: 0,
      waiting: [0, 0],
    });
  });

  it("of one namespace that holds its share does not hold up others behind it", async () => {
    const admission = new Admission(SHARED, "n");
    fill(admission, () => read("one"));
    const order: string[] = [];
    void wait(admission, read("one"), "one", order);
    expect(admission.tryAcquire(read("two"))).toBe(true);
    await settled();
    expect(order).toEqual([]);
  });

  it("of one shard that is full does not hold up other shards behind it", async () => {
    const admission = new Admission(SHARED, "n");
    let tenant = 0;
    const onFull = fill(admission, () => read(`${++tenant}`, 7));
    const order: string[] = [];
    const others = fill(admission, () => read("other", 8));
    void wait(admission, read("flow", 7), "full", order);
    // It is not behind one that cannot start either.
    expect(admission.tryAcquire(read("flow", 9))).toBe(true);
    void wait(admission, read("flow", 7), "full", order);
    void wait(admission, read("flow", 9), "free", order);
    for (const work of others) admission.release(work);
    await settled();
    expect(order).toContain("free");
    for (const work of onFull) admission.release(work);
    await settled();
    expect(order).toEqual(["free", "full", "full"]);
  });

  it("ends for reads and writes in turn where they have a single slot", async () => {
    const admission = new Admission({ ...SHARED, max: 1 }, "n");
    let running = read("busy");
    admission.tryAcquire(running);
    const order: string[] = [];
    const begin = (work: Work, name: string) =>
      admission.acquire(work, 10).then(() => {
        order.push(name);
        running = work;
      });
    void begin(write("quiet"), "write");
    for (let i = 0; i < 4; i += 1) {
      // There is always another read that waits.
      void begin(read(`${i}`), "read");
      void begin(read(`${i}`), "read");
      admission.release(running);
      await settled();
    }
    expect(order).toContain("write");
  });

  it("ends with the signal's reason, and leaves nothing behind", async () => {
    const admission = new Admission(unshared(1), "n");
    const running = read("one");
    admission.tryAcquire(running);
    const controller = new AbortController();
    const reason = new OrreryError("DEADLINE_EXCEEDED", "late");
    const gone = admission.acquire({ signal: controller.signal, flow: "one" }, 10);
    controller.abort(reason);
    await expect(gone).rejects.toBe(reason);
    expect(waiting(admission)).toEqual([0, 0]);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    await expect(admission.acquire({ signal: controller.signal }, 10)).rejects.toBe(reason);
    admission.release(running);
    expect(admission.running).toBe(0);
  });

  it("is refused when as many wait as may, in favour of namespaces that have fewer waiting", async () => {
    const admission = new Admission(unshared(1, 3), "n");
    admission.tryAcquire(read("busy"));
    const flood = [1, 2, 3].map(() => admission.acquire(read("flood"), 10).catch(codeOf));
    await expect(admission.acquire(read("flood"), 10)).rejects.toMatchObject({
      code: "OVERLOADED",
      message: "node n: 3 reads wait for a connection already (pool.queue)",
      details: { metadata: { node: "n", limit: "pool.queue" }, retryDelayMs: expect.any(Number) },
    });
    void admission.acquire(read("quiet"), 10);
    expect(await flood[2]).toBe("OVERLOADED");
    expect(waiting(admission)).toEqual([3, 0]);
    // Writes have a queue of their own.
    void admission.acquire(write("flood"), 10);
    expect(waiting(admission)).toEqual([3, 1]);
    expect(admission.queues()[0]?.refused).toEqual({ queue: 2, bytes: 0, deadline: 0 });
  });

  it("is refused when those that wait hold as many bytes as they may", async () => {
    const admission = new Admission({ ...unshared(1), queueBytes: 100 }, "n");
    admission.tryAcquire(read("busy"));
    const large = admission.acquire(read("large"), 90).catch(codeOf);
    await expect(admission.acquire(read("large"), 20)).rejects.toMatchObject({
      code: "OVERLOADED",
      details: { metadata: { limit: "pool.queueBytes" } },
    });
    void admission.acquire(read("small"), 20);
    expect(await large).toBe("OVERLOADED");
    expect(admission.queues()[0]).toMatchObject({ waiting: 1, waitingBytes: 20 });
    await expect(admission.acquire(read("huge"), 101)).rejects.toMatchObject({ code: "OVERLOADED" });
  });

  it("is refused without refusing others in vain, and costs others only what makes room", async () => {
    const admission = new Admission({ ...unshared(1), queueBytes: 100 }, "n");
    admission.tryAcquire(read("busy"));
    const refused: string[] = [];
    const queue = (flow: string, bytes: number) =>
      void admission.acquire(read(flow), bytes).catch(() => refused.push(`${flow} ${bytes}`));
    for (const bytes of [29, 30, 31]) queue("large", bytes);
    // Without the newest of "large" it would be the largest itself, and still too much.
    queue("newcomer", 75);
    await settled();
    expect(refused).toEqual(["newcomer 75"]);
    queue("small", 55);
    await settled();
    expect(refused).toEqual(["newcomer 75", "large 31", "large 30"]);
    expect(admission.queues()[0]).toMatchObject({ waiting: 2, waitingBytes: 84, refused: { bytes: 3 } });
  });

  describe("that would last longer than the deadline", () => {
    afterEach(() => void vi.useRealTimers());

    const dueIn = (ms: number): Work => {
      const signal = new CallSignal();
      signal.deadlineMs = performance.now() + ms;
      return { signal, flow: "slow" };
    };

    it("is refused at once, with the time to wait, and only when turns so far say so", async () => {
      vi.useFakeTimers({ toFake: ["performance"] });
      const admission = new Admission(unshared(1), "n");
      let running: Work = read("slow");
      admission.tryAcquire(running);
      const queued = Array.from({ length: 10 }, () => read("slow"));
      const started = queued.map((work) => admission.acquire(work, 10));
      // No turn yet, so nothing is known.
      const hopeful = dueIn(10);
      void admission.acquire(hopeful, 10).catch(() => {});
      (hopeful.signal as CallSignal).abort(new OrreryError("CANCELLED", "left"));
      for (const [i, work] of queued.slice(0, 5).entries()) {
        vi.advanceTimersByTime(200);
        admission.release(running);
        await started[i];
        running = work;
      }
      await expect(admission.acquire(dueIn(900), 10)).rejects.toMatchObject({
        code: "OVERLOADED",
        message: "node n: the read would wait about 1000 ms for a connection, and its deadline is earlier",
        details: { retryDelayMs: 1000 },
      });
      expect(admission.queues()[0]).toMatchObject({ waiting: 5, refused: { deadline: 1 } });
      void admission.acquire(dueIn(1_100), 10);
      expect(waiting(admission)).toEqual([6, 0]);
      // Another namespace's turn does not wait for these.
      void admission.acquire({ ...dueIn(900), flow: "other" }, 10);
      expect(waiting(admission)).toEqual([7, 0]);
    });

    /** One statement runs, `count` wait, and all of them get their turns, each after `turnMs`. */
    async function takeTurns(
      admission: Admission,
      first: Work,
      count: number,
      turnMs: number,
    ): Promise<Work> {
      const queued = Array.from({ length: count }, () => read("slow"));
      const started = queued.map((work) => admission.acquire(work, 10));
      let running = first;
      for (const [i, work] of queued.entries()) {
        vi.advanceTimersByTime(turnMs);
        admission.release(running);
        await started[i];
        running = work;
      }
      return running;
    }

    it("is not told from turns of a time when others waited", async () => {
      vi.useFakeTimers({ toFake: ["performance"] });
      const admission = new Admission(unshared(1), "n");
      const first = read("slow");
      admission.tryAcquire(first);
      await takeTurns(admission, first, 10, 2_000);
      vi.advanceTimersByTime(3_600_000);
      for (let i = 0; i < 3; i += 1) void admission.acquire(dueIn(1_000), 10);
      expect(admission.queues()[0]).toMatchObject({ waiting: 3, refused: { deadline: 0 } });
    });

    it("is not told from a single turn, which may have been a slow one", async () => {
      vi.useFakeTimers({ toFake: ["performance"] });
      const admission = new Admission(unshared(1), "n");
      const first = read("slow");
      admission.tryAcquire(first);
      const others = Array.from({ length: 10 }, () => admission.acquire(read("slow"), 10));
      vi.advanceTimersByTime(2_000);
      admission.release(first);
      await others[0];
      void admission.acquire(dueIn(5_000), 10);
      expect(admission.queues()[0]).toMatchObject({ waiting: 10, refused: { deadline: 0 } });
    });

    it("is told from turns before and after a stall, not from the stall", async () => {
      vi.useFakeTimers({ toFake: ["performance"] });
      for (const before of [0, 4, 20]) {
        const admission = new Admission(unshared(1), "n");
        let running: Work = read("slow");
        admission.tryAcquire(running);
        const turns = [...Array<number>(before).fill(50), 30_000, ...Array<number>(5).fill(50)];
        const queued = Array.from({ length: turns.length + 10 }, () => read("slow"));
        const started = queued.map((work) => admission.acquire(work, 10));
        for (const [i, ms] of turns.entries()) {
          vi.advanceTimersByTime(ms);
          admission.release(running);
          await started[i];
          running = queued[i] as Work;
        }
        // Ten wait, each for about 50 ms.
        void admission.acquire(dueIn(2_000), 10);
        expect(admission.queues()[0]?.refused.deadline, `${before} turns before`).toBe(0);
      }
    });

    it("ends without a slot, and the next one gets it, when the signal is late to say so", async () => {
      vi.useFakeTimers({ toFake: ["performance"] });
      const admission = new Admission(unshared(1), "n");
      const running = read("slow");
      admission.tryAcquire(running);
      const late = admission.acquire(dueIn(100), 10).catch(codeOf);
      const next = read("slow");
      const started = admission.acquire(next, 10);
      vi.advanceTimersByTime(101);
      admission.release(running);
      expect(await late).toBe("DEADLINE_EXCEEDED");
      await started;
      admission.release(next);
      expect({ running: admission.running, waiting: waiting(admission) }).toEqual({
        running: 0,
        waiting: [0, 0],
      });
    });

    it("is not what a statement without any wait is refused for", async () => {
      vi.useFakeTimers({ toFake: ["performance"] });
      const admission = new Admission(unshared(1), "n");
      admission.tryAcquire(read("slow"));
      const late = dueIn(-1);
      const waited = admission.acquire(late, 10);
      const reason = new OrreryError("DEADLINE_EXCEEDED", "late");
      (late.signal as CallSignal).abort(reason);
      await expect(waited).rejects.toBe(reason);
    });
  });
});

describe("admission under any load", () => {
  const workArb = fc.record({
    write: fc.boolean(),
    flow: fc.option(fc.constantFrom("a", "b", "c"), { nil: undefined }),
    shard: fc.option(fc.constantFrom(1, 2), { nil: undefined }),
  });
  const stepArb = fc.oneof(
    workArb.map((work) => ({ kind: "begin" as const, work })),
    fc.nat().map((at) => ({ kind: "end" as const, at })),
    fc.nat().map((at) => ({ kind: "abort" as const, at })),
  );
  const limitsArb = fc.record({
    max: fc.integer({ min: 1, max: 6 }),
    readShare: fc.constantFrom(0.5, 0.8, 1),
    writeShare: fc.constantFrom(0.3, 0.5, 1),
    namespaceShare: fc.constantFrom(0.25, 0.5, 1),
    shardShare: fc.constantFrom(0.5, 0.75, 1),
    queue: fc.integer({ min: 1, max: 5 }),
    queueBytes: fc.constantFrom(25, 1_000),
  });

  it("never exceeds a limit, ends every wait, and is empty when all have ended", async () => {
    await fc.assert(
      fc.asyncProperty(limitsArb, fc.array(stepArb, { maxLength: 60 }), async (limits, steps) => {
        const admission = new Admission(limits, "n");
        const running = new Set<Work>();
        const pending = new Map<AbortController, Promise<void>>();
        const waits = new Map<AbortController, Work>();
        const check = () => {
          const count = (of: (work: Work) => boolean) => [...running].filter(of).length;
          expect(admission.running).toBe(running.size);
          expect(running.size).toBeLessThanOrEqual(limits.max);
          // None that could start is left waiting.
          for (const controller of pending.keys())
            expect(admission.tryAcquire(waits.get(controller) as Work)).toBe(false);
          const most = (share: number) => Math.max(1, Math.floor(limits.max * share));
          expect(count(({ write: w }) => w !== true)).toBeLessThanOrEqual(most(limits.readShare));
          expect(count(({ write: w }) => w === true)).toBeLessThanOrEqual(most(limits.writeShare));
          for (const queue of admission.queues()) {
            expect(queue.waiting).toBeLessThanOrEqual(limits.queue);
            expect(queue.waitingBytes).toBeLessThanOrEqual(limits.queueBytes);
          }
        };
        for (const step of steps) {
          if (step.kind === "begin") {
            const controller = new AbortController();
            const work = { ...step.work, signal: controller.signal };
            waits.set(controller, work);
            const done = admission.acquire(work, 10).then(
              () => void running.add(work),
              () => {},
            );
            pending.set(
              controller,
              done.then(() => void pending.delete(controller)),
            );
          } else if (step.kind === "end") {
            const work = [...running][step.at % Math.max(1, running.size)];
            if (work !== undefined) {
              running.delete(work);
              admission.release(work);
            }
          } else {
            [...pending.keys()][step.at % Math.max(1, pending.size)]?.abort(new Error("left"));
          }
          await settled();
          check();
        }
        // With nobody to leave slots for, everything that waits gets its turn.
        while (running.size > 0) {
          const [work] = running as Iterable<Work>;
          running.delete(work as Work);
          admission.release(work as Work);
          await settled();
          check();
        }
        expect(pending.size).toBe(0);
        expect(admission.queues().map((queue) => [queue.waiting, queue.waitingBytes])).toEqual([
          [0, 0],
          [0, 0],
        ]);
      }),
      { numRuns: 300 },
    );
  });
});
