import { expect, it } from "vitest";
import { raceAbort } from "../../../src/lib/race-abort.ts";

it("raceAbort rejects with the signal's reason at once, even if it had aborted before", async () => {
  const never = new Promise<void>(() => {});
  const controller = new AbortController();
  const waiting = raceAbort(never, controller.signal);
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await expect(raceAbort(never, controller.signal)).rejects.toThrow("enough");
});
