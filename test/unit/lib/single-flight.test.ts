import { expect, it } from "vitest";
import { createSingleFlight } from "../../../src/lib/single-flight.ts";
import { waitFor } from "../../support/wait-for.ts";

it("single-flight runs one at a time, and gives all later callers one run that began after their calls", async () => {
  const finish: ((text: string) => void)[] = [];
  const run = createSingleFlight(() => new Promise<string>((resolve) => finish.push(resolve)));
  const first = run();
  const later = [run(), run()];
  expect(finish).toHaveLength(1);
  finish[0]?.("first");
  expect(await first).toBe("first");
  await waitFor(() => finish.length === 2, { what: "the second run" });
  finish[1]?.("second");
  expect(await Promise.all(later)).toEqual(["second", "second"]);
});

it("single-flight starts the queued run even when the one before it failed", async () => {
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
