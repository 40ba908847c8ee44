/** What ends early when a signal aborts, and leaves nothing behind. */
import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { pause } from "../../../src/lib/pause.ts";
import { withTimeLimit } from "../../../src/lib/time-limit.ts";

const tooLong = () => new Error("too long");
const listenersOf = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

describe("pause", () => {
  test("ends without an error as soon as the signal aborts, and at once when it had", async () => {
    const controller = new AbortController();
    const paused = pause(1e9, controller.signal);
    controller.abort();
    await paused;
    await pause(1e9, controller.signal);
  });

  test("takes its time otherwise, and stops listening", async () => {
    const { signal } = new AbortController();
    const startedMs = performance.now();
    await pause(20, signal);
    expect(performance.now() - startedMs).toBeGreaterThan(15);
    expect(listenersOf(signal)).toBe(0);
  });
});

describe("withTimeLimit", () => {
  const aborted = (signal: AbortSignal) =>
    new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal.reason), { once: true }));

  test("aborts with its own reason when the time is over", async () => {
    const limit = withTimeLimit(new AbortController().signal, 1, tooLong);
    expect(await aborted(limit.signal)).toEqual(tooLong());
    limit.clear();
  });

  test("aborts with the reason of the given signal, before or after the start", () => {
    const controller = new AbortController();
    const limit = withTimeLimit(controller.signal, 1e9, tooLong);
    controller.abort(new Error("left"));
    expect(limit.signal.reason).toEqual(new Error("left"));
    limit.clear();
    const late = withTimeLimit(controller.signal, 1e9, tooLong);
    expect(late.signal.reason).toEqual(new Error("left"));
    late.clear();
  });

  test("leaves no listener and no timer behind when cleared", async () => {
    const { signal } = new AbortController();
    const limits = Array.from({ length: 5 }, () => withTimeLimit(signal, 5, tooLong));
    expect(listenersOf(signal)).toBe(5);
    for (const limit of limits) limit.clear();
    expect(listenersOf(signal)).toBe(0);
    await pause(20, signal);
    expect(limits.some((limit) => limit.signal.aborted)).toBe(false);
  });
});
