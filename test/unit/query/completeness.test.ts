import { describe, expect, it } from "vitest";
import { type ErrorCode, OrreryError } from "../../../src/errors.ts";
import { assess } from "../../../src/query/completeness.ts";
import type { Outcome, TargetPlan } from "../../../src/query/plan/target-plan.ts";

function outcome(shardId: number, shardKeys: readonly string[] | "all", code?: ErrorCode) {
  const error =
    code && new OrreryError(code, `refused by ${shardId}`, { details: { metadata: { sqlstate: "XX000" } } });
  return {
    plan: { target: { shardId, group: 3, min: -5, max: 5, shardKeys }, strategy: "ann" } as const,
    rows: error === undefined ? ["row"] : [],
    error,
    attempts: 1,
    waitedMs: 0,
    elapsedMs: 1,
  };
}

const good = outcome(1, "all");
const slow = outcome(2, ["a", "b"], "DEADLINE_EXCEEDED");
const moving = outcome(3, "all", "SHARD_MOVING");

function thrownBy(outcomes: readonly Outcome<TargetPlan, string>[], allowPartial: boolean): OrreryError {
  try {
    assess(outcomes, { allowPartial });
  } catch (error) {
    if (error instanceof OrreryError) return error;
  }
  throw new Error("nothing was thrown");
}

describe("completeness", () => {
  it("counts all targets as answered when all did, whether or not a partial answer is allowed", () => {
    for (const allowPartial of [true, false]) {
      expect(assess([good, good], { allowPartial })).toEqual({ targetsTotal: 2, targetsOk: 2, failures: [] });
    }
    expect(assess([], { allowPartial: false })).toEqual({ targetsTotal: 0, targetsOk: 0, failures: [] });
  });

  it("fails the request for one missing target, by its own error with the target named", () => {
    const error = thrownBy([good, slow], false);
    expect(error.code).toBe("DEADLINE_EXCEEDED");
    expect(error.message).toMatch(/1 of 2 targets.*shard 2.*node group 3.*refused by 2/);
    expect(error.details.metadata).toEqual({
      sqlstate: "XX000",
      shard: "2",
      group: "3",
      hash_range: "-5..5",
    });
  });

  it("fails a request of one target by that target's error alone", () => {
    expect(thrownBy([moving], false).message).toBe("shard 3 (node group 3): refused by 3");
  });

  it("gives a partial answer where it is allowed, naming the missing shards and their namespaces", () => {
    const { targetsTotal, targetsOk, failures } = assess([slow, good, moving], { allowPartial: true });
    expect({ targetsTotal, targetsOk }).toEqual({ targetsTotal: 3, targetsOk: 1 });
    expect(failures).toMatchObject([
      { shardId: 2, namespaces: ["a", "b"], error: { code: "DEADLINE_EXCEEDED" } },
      { shardId: 3, namespaces: [], error: { code: "SHARD_MOVING" } },
    ]);
  });

  it("fails when no target answered, even where a partial answer is allowed", () => {
    expect(thrownBy([slow, moving], true).code).toBe("DEADLINE_EXCEEDED");
  });
});
