import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { waitAtMost } from "../../../src/lib/wait-at-most.ts";

const LONG_MS = 1e9;
const never = new Promise<void>(() => {});
const listenersOf = (signal: AbortSignal) => getEventListeners(signal, "abort").length;
const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;

it("a wait ends with what is waited for, and leaves no listener and no timer behind", async () => {
  const { signal } = new AbortController();
  const before = timers();
  for (let wait = 0; wait < 20; wait += 1) await waitAtMost(Promise.resolve(), LONG_MS, signal);
  await expect(waitAtMost(Promise.reject(new Error("no")), LONG_MS, signal)).rejects.toThrow("no");
  expect(listenersOf(signal)).toBe(0);
  expect(timers()).toBe(before);
});

it("a wait ends after its time, and when the signal aborts, before or after it began", async () => {
  const controller = new AbortController();
  await waitAtMost(never, 1, controller.signal);
  const waited = waitAtMost(never, LONG_MS, controller.signal);
  controller.abort(new Error("over"));
  await waited;
  await waitAtMost(never, LONG_MS, controller.signal);
});
