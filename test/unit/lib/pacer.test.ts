import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createPacer } from "../../../src/lib/pacer.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("a pacer waits its time or until woken, and remembers one early wake-up", async () => {
  const pacer = createPacer();
  const ends: string[] = [];
  const wait = (name: string) => pacer.wait(1_000).then(() => ends.push(name));
  void wait("by time");
  await vi.advanceTimersByTimeAsync(999);
  expect(ends).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(ends).toEqual(["by time"]);

  const woken = wait("woken");
  pacer.wake();
  await woken;
  pacer.wake();
  pacer.wake();
  await wait("woken early");
  void wait("by time again");
  await vi.advanceTimersByTimeAsync(999);
  expect(ends).toEqual(["by time", "woken", "woken early"]);
});
