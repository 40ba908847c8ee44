import { expect, it } from "vitest";
import { memoryGiven, readMemoryLimits } from "../../../src/lib/process-memory.ts";

const GB = 2 ** 30;
/** What Node says of a container without a limit. */
const NO_LIMIT = 2 ** 64 - 1;

it.each([
  ["the container", { heapBytes: 4 * GB, containerBytes: GB / 2, machineBytes: 16 * GB }, GB / 2],
  ["twice the heap", { heapBytes: GB, containerBytes: 8 * GB, machineBytes: 16 * GB }, 2 * GB],
  ["twice the heap", { heapBytes: GB / 4, containerBytes: NO_LIMIT, machineBytes: 16 * GB }, GB / 2],
  ["the machine", { heapBytes: 4 * GB, containerBytes: 0, machineBytes: 2 * GB }, 2 * GB],
])("a process is given what %s allows where that is the least", (_, limits, given) => {
  expect(memoryGiven(limits)).toBe(given);
});

it("this process is given some memory, and no more than the machine has", () => {
  const limits = readMemoryLimits();
  expect(memoryGiven(limits)).toBeGreaterThan(0);
  expect(memoryGiven(limits)).toBeLessThanOrEqual(limits.machineBytes);
});
