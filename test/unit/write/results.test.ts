import { describe, expect, it } from "vitest";
import { type ErrorCode, OrreryError } from "../../../src/errors.ts";
import { collectResults, type FinishedGroup, recordError } from "../../../src/write/results.ts";

/** The records `keys` of a namespace, at these places of the request. */
function recordsOf(namespace: string, keys: Readonly<Record<string, number>>) {
  return Object.entries(keys).map(([key, index]) => ({ namespace, key, index }));
}

function failed(namespace: string, keys: Readonly<Record<string, number>>, code: ErrorCode): FinishedGroup {
  return {
    records: recordsOf(namespace, keys),
    outcome: { error: new OrreryError(code, `${namespace} failed`) },
  };
}

function applied(
  namespace: string,
  keys: Readonly<Record<string, number>>,
  versions: Readonly<Record<string, bigint>>,
): FinishedGroup {
  const refused = (key: string) => recordError("RECORD_EXISTS", key);
  return {
    records: recordsOf(namespace, keys),
    outcome: { versions: new Map(Object.entries(versions)), refused },
  };
}

function thrownBy(...groups: readonly FinishedGroup[]): unknown {
  try {
    collectResults(groups);
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

describe("the results of a write", () => {
  it("returns results in the order of the request, however its records were grouped", () => {
    const results = collectResults([
      applied("b", { x: 3, y: 0 }, { x: 30n, y: 1n }),
      applied("a", { x: 1, z: 2 }, { x: 10n, z: 20n }),
    ]);
    expect(results).toEqual([
      { namespace: "b", key: "y", version: 1n },
      { namespace: "a", key: "x", version: 10n },
      { namespace: "a", key: "z", version: 20n },
      { namespace: "b", key: "x", version: 30n },
    ]);
  });

  it("reports for each record of an applied group whether it was refused, and why", () => {
    const [kept, refused] = collectResults([applied("a", { x: 0, y: 1 }, { x: 5n })]);
    expect(kept).toEqual({ namespace: "a", key: "x", version: 5n });
    expect(refused).toMatchObject({ namespace: "a", key: "y", error: { code: "RECORD_EXISTS" } });
    expect(refused?.version).toBeUndefined();
  });

  it("returns the error of a group that failed while another was applied", () => {
    const results = collectResults([
      failed("a", { x: 0, y: 1 }, "WRITE_OUTCOME_UNKNOWN"),
      applied("b", { x: 2 }, { x: 5n }),
    ]);
    expect(results.map(({ error }) => error?.code)).toEqual([
      "WRITE_OUTCOME_UNKNOWN",
      "WRITE_OUTCOME_UNKNOWN",
      undefined,
    ]);
  });

  it("returns results when every record was refused on its own, since the statement was applied", () => {
    const results = collectResults([applied("a", { x: 0 }, {})]);
    expect(results).toMatchObject([{ error: { code: "RECORD_EXISTS" } }]);
  });

  it("throws the groups' common error when none was applied", () => {
    const groups = [failed("a", { x: 0 }, "NODE_UNAVAILABLE"), failed("b", { x: 1 }, "NODE_UNAVAILABLE")];
    expect(thrownBy(...groups)).toMatchObject({ code: "NODE_UNAVAILABLE", message: "a failed" });
  });

  it("throws an unknown outcome when none was applied and one group's outcome is unknown", () => {
    const groups = [failed("a", { x: 0 }, "OVERLOADED"), failed("b", { x: 1 }, "WRITE_OUTCOME_UNKNOWN")];
    expect(thrownBy(...groups)).toMatchObject({ code: "WRITE_OUTCOME_UNKNOWN" });
    expect(thrownBy(...groups.toReversed())).toMatchObject({ code: "WRITE_OUTCOME_UNKNOWN" });
  });

  it("returns no results for no groups", () => {
    expect(collectResults([])).toEqual([]);
  });
});
