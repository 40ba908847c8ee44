import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { pause } from "../../../src/lib/pause.ts";

const listenersOf = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

it("a pause ends without an error when its signal aborts, and at once if it had", async () => {
  const controller = new AbortController();
  const paused = pause(1e9, controller.signal);
  controller.abort();
  await paused;
  await pause(1e9, controller.signal);
});

it("a pause takes its full time otherwise, and removes its listener", async () => {
  const { signal } = new AbortController();
  const startedMs = performance.now();
  await pause(20, signal);
  expect(performance.now() - startedMs).toBeGreaterThan(15);
  expect(listenersOf(signal)).toBe(0);
});
