import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CallSignal, type Cancellation, toAbortSignal } from "../../../src/lib/cancellation.ts";
import { pause } from "../../../src/lib/pause.ts";

type Step = { readonly do: "add" | "remove"; readonly listener: number } | { readonly do: "abort" };

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constantFrom("add" as const, "remove" as const), listener: fc.nat(3) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("abort" as const) }) },
  ),
  { maxLength: 30 },
);

/** Which listeners were called, in which order, and what the signal says after each step. */
function play(signal: Cancellation, abort: () => void, played: readonly Step[]) {
  const called: number[] = [];
  const listeners = Array.from({ length: 4 }, (_, i) => () => void called.push(i));
  const seen = played.map((step) => {
    if (step.do === "abort") abort();
    else if (step.do === "add")
      signal.addEventListener("abort", listeners[step.listener] as () => void, { once: true });
    else signal.removeEventListener("abort", listeners[step.listener] as () => void);
    return [signal.aborted, signal.reason, called.length];
  });
  return { called: called.sort(), seen };
}

describe("the signal of a call", () => {
  it("a call's signal behaves like an AbortSignal", () => {
    const reason = new Error("why");
    fc.assert(
      fc.property(steps, (played) => {
        const controller = new AbortController();
        const own = new CallSignal();
        expect(play(own, () => own.abort(reason), played)).toEqual(
          play(controller.signal, () => controller.abort(reason), played),
        );
      }),
    );
  });

  it("a call's signal keeps its first reason and throws it", () => {
    const signal = new CallSignal();
    signal.throwIfAborted();
    signal.abort(new Error("first"));
    signal.abort(new Error("second"));
    expect(() => signal.throwIfAborted()).toThrow("first");
  });

  it("a call's signal aborts a real AbortSignal made from it, before or after it aborted", () => {
    const signal = new CallSignal();
    const early = toAbortSignal(signal);
    expect(early.aborted).toBe(false);
    signal.abort("why");
    for (const real of [early, toAbortSignal(signal)]) {
      expect({ aborted: real.aborted, reason: real.reason }).toEqual({ aborted: true, reason: "why" });
    }
  });

  it("a call's signal ends a pause at once", async () => {
    const signal = new CallSignal();
    const paused = pause(60_000, signal);
    signal.abort("why");
    await paused;
    await pause(60_000, signal);
  });
});
