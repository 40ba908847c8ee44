import { describe, expect, it } from "vitest";
import { OrreryError } from "../../../../src/errors.ts";
import { whatIsLost } from "../../../../src/operations/changes/lost-node.ts";
import { whileReachable } from "../../../../src/operations/changes/while-reachable.ts";

const silent = new OrreryError("NODE_UNAVAILABLE", "no answer", { details: { metadata: { node: "n:1" } } });
const elsewhere = new OrreryError("NODE_UNAVAILABLE", "no answer", {
  details: { metadata: { node: "c:1" } },
});

function step(answer: () => Promise<unknown>, run: (signal: AbortSignal) => Promise<string>) {
  const stop = new AbortController();
  // The servers' time: a second look comes long after the first.
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
  it("gives what it gives, asking nobody when it is quick", async () => {
    const { ended } = step(never, async () => "done");
    expect(await ended).toEqual({ lost: false, value: "done" });
  });

  it("that hangs ends when the server does not answer others either", async () => {
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
    ["it is another one that does not answer", () => Promise.reject(elsewhere)],
  ])("goes on while %s", async (_, answer) => {
    const { ended } = step(answer, () => new Promise((resolve) => setTimeout(resolve, 1_300, "done")));
    expect(await ended).toEqual({ lost: false, value: "done" });
  });

  it("fails with what it fails with for good", async () => {
    const refused = new OrreryError("STATEMENT_FAILED", "no");
    await expect(step(never, () => Promise.reject(refused)).ended).rejects.toBe(refused);
  });

  it("ends with the operation's own end", async () => {
    const { ended, stop } = step(async () => ({}), never);
    const reason = new OrreryError("NOT_LEADER", "over");
    stop.abort(reason);
    await expect(ended).rejects.toBe(reason);
  });
});

describe("what is lost with a node", () => {
  const shards = Array.from({ length: 12 }, (_, i) => 100 + i);
  const held = [
    { collection: "words", shards, of: 32 },
    { collection: "books", shards: [7], of: 2 },
  ];

  it("is named, as far as it can be read, with the way out", () => {
    expect(whatIsLost("n:1", { held, standby: undefined })).toMatch(
      /only copy of 12 of the 32 shards of words \(100, .*109 and 2 more\), 1 of the 2 shards of books \(7\): .*node-down\.md/,
    );
    expect(whatIsLost("n:1", { held: [], standby: undefined })).toMatch(/tables that are not Orrery's/);
  });

  it("is not lost while a standby has it", () => {
    expect(whatIsLost("n:1", { held, standby: { name: "s:1" } })).toMatch(
      /Its standby s:1 has a copy: promote/,
    );
  });
});
