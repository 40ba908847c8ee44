import { expect, it } from "vitest";
import { repeat } from "../../../src/lib/repeat.ts";

it("repeat runs one at a time until its signal aborts, also during the pause", async () => {
  const controller = new AbortController();
  let runs = 0;
  let running = 0;
  const work = async () => {
    running += 1;
    expect(running).toBe(1);
    await Promise.resolve();
    running -= 1;
    runs += 1;
    if (runs === 3) setImmediate(() => controller.abort());
  };
  await repeat(work, 1, controller.signal);
  expect(runs).toBeGreaterThanOrEqual(3);
  const before = runs;
  await repeat(work, 1, controller.signal);
  expect(runs).toBe(before);
});

it("repeat rejects with the error of a run", async () => {
  const { signal } = new AbortController();
  await expect(repeat(() => Promise.reject(new Error("broken")), 1, signal)).rejects.toThrow("broken");
});
