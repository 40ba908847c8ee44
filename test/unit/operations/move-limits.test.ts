import { describe, expect, it } from "vitest";
import type { NodeLag } from "../../../src/engines/placement-changes.ts";
import { OrreryError } from "../../../src/errors.ts";
import { createMoveLimits, type MoveLimitSettings } from "../../../src/operations/move-limits.ts";
import type { CoordinatorInfo } from "../../../src/topology/map-store.ts";

const unreachable = new OrreryError("STORE_UNAVAILABLE", "etcd does not answer");

function obstacle(
  settings: Partial<MoveLimitSettings>,
  {
    lags = [],
    p95 = [],
  }: {
    readonly lags?: readonly NodeLag[] | OrreryError;
    readonly p95?: readonly (number | undefined)[] | OrreryError;
  },
) {
  const orThrow = <T>(value: T | OrreryError): T => {
    if (value instanceof OrreryError) throw value;
    return value;
  };
  return createMoveLimits({
    changes: { replicationLags: async () => orThrow(lags) },
    coordinators: async () =>
      orThrow(p95).map(
        (searchP95Ms, index) =>
          ({ id: String(index), ...(searchP95Ms !== undefined && { searchP95Ms }) }) as CoordinatorInfo,
      ),
    settings: { maxLagBytes: 100, maxSearchP95Ms: undefined, ...settings },
  }).obstacle(new AbortController().signal);
}

const lag = (node: string, bytes: number): NodeLag => ({ node, bytes, replica: `standby of ${node}` });
const silent: NodeLag = { node: "b:1", unknown: "connection refused" };

describe("move limits", () => {
  it("does not throttle moves up to the limits", async () => {
    expect(await obstacle({ maxSearchP95Ms: 50 }, { lags: [lag("a:1", 100)], p95: [50, undefined] })).toBe(
      undefined,
    );
  });

  it("names the standby that is furthest behind, whatever else is unknown", async () => {
    expect(await obstacle({}, { lags: [lag("a:1", 101), silent, lag("c:1", 300)] })).toEqual({
      kind: "over",
      limit: "lag",
      reason: "replication of c:1 lags by 300 bytes (standby of c:1), the limit is 100",
    });
  });

  it("names the search latency of the slowest coordinator", async () => {
    expect(await obstacle({ maxSearchP95Ms: 50 }, { p95: [20, 80.4, undefined] })).toEqual({
      kind: "over",
      limit: "search_p95",
      reason: "searches take 80 ms at p95, the limit is 50",
    });
  });

  it("throttles moves while the lag of a node is unknown, unless lag has no limit", async () => {
    const lags = [lag("a:1", 0), silent];
    expect(await obstacle({}, { lags })).toEqual({
      kind: "unknown",
      reason: "replication lag of b:1 is unknown: connection refused",
    });
    expect(await obstacle({ maxLagBytes: 0 }, { lags })).toBe(undefined);
  });

  it("throttles moves while a limit cannot be measured, and names a limit that is known to be exceeded first", async () => {
    expect(await obstacle({}, { lags: unreachable })).toEqual({
      kind: "unknown",
      reason: "replication lag is unknown: etcd does not answer",
    });
    expect(await obstacle({ maxSearchP95Ms: 50 }, { p95: unreachable })).toEqual({
      kind: "unknown",
      reason: "how long searches take is unknown: etcd does not answer",
    });
    expect(await obstacle({ maxSearchP95Ms: 50 }, { lags: unreachable, p95: [60] })).toMatchObject({
      kind: "over",
    });
    expect(await obstacle({}, { p95: unreachable })).toBe(undefined);
  });
});
