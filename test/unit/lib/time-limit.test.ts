import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { pause } from "../../../src/lib/pause.ts";
import { withTimeLimit } from "../../../src/lib/time-limit.ts";

const tooLong = () => new Error("too long");
const listenersOf = (signal: AbortSignal) => getEventListeners(signal, "abort").length;
const aborted = (signal: AbortSignal) =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal.reason), { once: true }));

it("a time limit aborts with its own reason when the time is over", async () => {
  const limit = withTimeLimit(new AbortController().signal, 1, tooLong);
  expect(await aborted(limit.signal)).toEqual(tooLong());
  limit.clear();
});

it("a time limit aborts with the reason of the given signal, before or after the start", () => {
  const controller = new AbortController();
  const limit = withTimeLimit(controller.signal, 1e9, tooLong);
  controller.abort(new Error("left"));
  expect(limit.signal.reason).toEqual(new Error("left"));
  limit.clear();
  const late = withTimeLimit(controller.signal, 1e9, tooLong);
  expect(late.signal.reason).toEqual(new Error("left"));
  late.clear();
});

it("any number of time limits may be on one signal, without a warning of a leak", async () => {
  const { signal } = new AbortController();
  const limits = Array.from({ length: 30 }, () => withTimeLimit(signal, 1e9, tooLong));
  // By then Node.js would have warned, which refuse-leak-warnings.ts takes for a failure.
  await pause(1, new AbortController().signal);
  for (const limit of limits) limit.clear();
  expect(listenersOf(signal)).toBe(0);
});

it("a time limit leaves no listener and no timer behind when cleared", async () => {
  const { signal } = new AbortController();
  const limits = Array.from({ length: 5 }, () => withTimeLimit(signal, 5, tooLong));
  expect(listenersOf(signal)).toBe(5);
  for (const limit of limits) limit.clear();
  expect(listenersOf(signal)).toBe(0);
  await pause(20, signal);
  expect(limits.some((limit) => limit.signal.aborted)).toBe(false);
});
