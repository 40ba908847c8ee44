import { describe, expect, it } from "vitest";
import { OrreryError } from "../../../../src/errors.ts";
import { whileReachable } from "../../../../src/operations/changes/while-reachable.ts";

const silent = new OrreryError("NODE_UNAVAILABLE", "no answer", { details: { metadata: { node: "n:1" } } });
const elsewhere = new OrreryError("NODE_UNAVAILABLE", "no answer", {
  details: { metadata: { node: "c:1" } },
});

function step(answer: () => Promise<unknown>, run: (signal: AbortSignal) => Promise<string>) {
  const stop = new AbortController();
  // A second ping comes long after the first.
  let nowMs = 0;
  const deps = {
    changes: { serverFacts: () => answer() },
    epochMs: () => {
      nowMs += 10_000;
      return nowMs;
    },
  };
  const context = { signal: stop.signal, report() {} };
  const options = { server: "n:1", run, maxRepetitions: 3, patienceMs: 5_000 };
  return { ended: whileReachable(deps as never, options, context), stop };
}
const never = () => new Promise<never>(() => {});

describe("a step that needs a server", () => {
  it("returns the result of a quick step without pinging the server", async () => {
    const { ended } = step(never, async () => "done");
    expect(await ended).toEqual({ lost: false, value: "done" });
  });

  it("gives a step that hangs up when the server does not answer pings either", async () => {
    let aborted = false;
    const { ended } = step(
      () => Promise.reject(silent),
      (signal) => {
        signal.addEventListener("abort", () => {
          aborted = true;
        });
        return never();
      },
    );
    expect(await ended).toEqual({ lost: true });
    expect(aborted).toBe(true);
  });

  it.each([
    ["the server answers", async () => ({})],
    ["it is another server that does not answer", () => Promise.reject(elsewhere)],
  ])("waits for a step that hangs while %s", async (_, answer) => {
    const { ended } = step(answer, () => new Promise((resolve) => setTimeout(resolve, 1_300, "done")));
    expect(await ended).toEqual({ lost: false, value: "done" });
  });

  it("throws what a step fails with for good", async () => {
    const refused = new OrreryError("STATEMENT_FAILED", "no");
    await expect(step(never, () => Promise.reject(refused)).ended).rejects.toBe(refused);
  });

  it("throws the reason of the operation's signal", async () => {
    const { ended, stop } = step(async () => ({}), never);
    const reason = new OrreryError("NOT_LEADER", "over");
    stop.abort(reason);
    await expect(ended).rejects.toBe(reason);
  });
});
