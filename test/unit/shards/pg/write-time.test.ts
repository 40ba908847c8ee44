import { describe, expect, it } from "vitest";
import { isTooLateToSend, shorterLockTimeoutMs } from "../../../../src/shards/pg/write-time.ts";

const NONE = Number.POSITIVE_INFINITY;

describe("how long a write waits for a lock", () => {
  it.each([
    ["with time enough", 10_000, 500, undefined],
    ["without a deadline", NONE, 500, undefined],
    ["without a deadline or a limit", NONE, 0, undefined],
    ["when two waits and the reserve just fit", 1_150, 500, undefined],
    ["when they do not", 1_148, 500, 499],
    ["with little time", 300, 500, 75],
    ["with almost none", 3, 500, 1],
    ["too late", -5, 500, 1],
    ["where sessions have no limit", 10_150, 0, 5_000],
  ])("%s", (_, leftMs, lockTimeoutMs, expected) => {
    expect(shorterLockTimeoutMs(leftMs, lockTimeoutMs)).toBe(expected);
  });
});

describe("a write that has waited", () => {
  it.each([
    ["is sent with time enough", 150, 10_000, false],
    ["is sent when it waited shorter than what is left", 50, 40, false],
    ["is not sent when it waited longer", 50, 60, true],
    ["is sent without a deadline", NONE, 10_000, false],
  ])("%s", (_, leftMs, waitedMs, expected) => {
    expect(isTooLateToSend(leftMs, waitedMs)).toBe(expected);
  });
});
