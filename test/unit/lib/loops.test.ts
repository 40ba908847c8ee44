/** The small parts that background loops are made of. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { backoffMs } from "../../../src/lib/backoff.ts";
import type { Logger } from "../../../src/lib/logger.ts";
import { createOutageLog } from "../../../src/lib/outage-log.ts";
import { createPacer } from "../../../src/lib/pacer.ts";
import { raceAbort } from "../../../src/lib/race-abort.ts";
import { createSingleFlight } from "../../../src/lib/single-flight.ts";

describe("backoffMs", () => {
  it("doubles from the base up to the maximum, less up to half", () => {
    const limits = { baseMs: 100, maxMs: 1_000 };
    expect([0, 1, 2, 3, 4, 60].map((attempt) => backoffMs(attempt, limits, () => 0))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ]);
    expect(backoffMs(2, limits, () => 1)).toBe(200);
  });
});

describe("createPacer", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("waits its time, or until woken, and remembers one wake-up that came early", async () => {
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
});

describe("createSharedRun", () => {
  it("runs one at a time, and gives all who came meanwhile one run that began after they came", async () => {
    const finish: ((text: string) => void)[] = [];
    const run = createSingleFlight(() => new Promise<string>((resolve) => finish.push(resolve)));
    const first = run();
    const later = [run(), run()];
    expect(finish).toHaveLength(1);
    finish[0]?.("first");
    expect(await first).toBe("first");
    await vi.waitFor(() => expect(finish).toHaveLength(2));
    finish[1]?.("second");
    expect(await Promise.all(later)).toEqual(["second", "second"]);
  });

  it("starts the queued run also when the one before it failed", async () => {
    let runs = 0;
    const run = createSingleFlight(async () => {
      runs += 1;
      if (runs === 1) throw new Error("first");
      return runs;
    });
    const first = run();
    const second = run();
    await expect(first).rejects.toThrow("first");
    expect(await second).toBe(2);
    expect(await run()).toBe(3);
  });
});

describe("orAbort", () => {
  it("rejects with the signal's reason at once, even when it had aborted before", async () => {
    const never = new Promise<void>(() => {});
    const controller = new AbortController();
    const waiting = raceAbort(never, controller.signal);
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await expect(raceAbort(never, controller.signal)).rejects.toThrow("enough");
  });
});

describe("createOutageLog", () => {
  it("logs the beginning, once a minute while it lasts, and the end", () => {
    const lines: string[] = [];
    const add = (_: object, message: string) => lines.push(message);
    const logger: Logger = { debug: add, info: add, warn: add, error: add, child: () => logger };
    let now = 0;
    const outage = createOutageLog(logger, "read the catalogs", () => now);
    outage.worked();
    for (now of [0, 1_000, 59_999, 60_000, 61_000]) outage.failed(new Error("down"));
    outage.worked();
    outage.worked();
    expect(lines).toEqual([
      "cannot read the catalogs",
      "cannot read the catalogs",
      "can again read the catalogs",
    ]);
  });
});
