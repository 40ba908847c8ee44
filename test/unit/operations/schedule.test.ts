import { describe, expect, it } from "vitest";
import { OrreryError } from "../../../src/errors.ts";
import type { Logger } from "../../../src/lib/logger.ts";
import type { ChangeRequest } from "../../../src/operations/change-request.ts";
import type { RebalanceSpec } from "../../../src/operations/changes/rebalance.ts";
import { runScheduled, startSchedule } from "../../../src/operations/schedule.ts";
import { windowEnd } from "../../../src/operations/schedule-window.ts";
import type { Operation } from "../../../src/operations/types.ts";
import type { ClusterInventory } from "../../../src/rebalance/cluster-inventory.ts";
import { planBalance } from "../../../src/rebalance/plan.ts";
import type { RebalancePlan } from "../../../src/rebalance/rebalance-plan.ts";
import { sampleGroup, sampleInventory, sampleNode } from "../rebalance/sample-inventory.ts";

const NOW_MS = Date.UTC(2026, 0, 2, 3, 30);

const UNEVEN = sampleInventory({ shardGroups: [1, 2, 3, 4].map((shard) => sampleGroup(shard, 1)) });
const EVEN = sampleInventory({ shardGroups: [sampleGroup(1, 1), sampleGroup(2, 2)] });

function planOf(inventory: ClusterInventory): RebalancePlan {
  const options = { strategy: "by_disk_size", threshold: 0.2 } as const;
  const plan = planBalance(inventory, options);
  return { ...plan, id: "plan-1", createdAtMs: 0, epoch: 1, options, isolations: [], shardCounts: [] };
}

async function scheduledRun(
  inventory: ClusterInventory,
  { leader = true, window, refusal }: { leader?: boolean; window?: string; refusal?: OrreryError } = {},
) {
  const said: string[] = [];
  const started: (RebalanceSpec & ChangeRequest)[] = [];
  const notified: string[] = [];
  const say = (_: object, message: string) => void said.push(message);
  const logger: Logger = { debug: say, info: say, warn: say, error: say, child: () => logger };
  const plan = planOf(inventory);
  await runScheduled(
    { window, movesPerNode: 2 },
    {
      rebalance: { plan: async () => plan },
      admin: {
        begin: async ({ kind }, spec, request) => {
          expect(kind).toBe("rebalance");
          if (refusal !== undefined) throw refusal;
          started.push({ ...(spec as RebalanceSpec), ...request });
          return { id: "op-1" } as Operation;
        },
      },
      isLeader: () => leader,
      observer: {
        movesThrottled: ({ by, reason }) => void notified.push(`${by}: ${reason}`),
        movesResumed: (by) => void notified.push(`${by} goes on`),
      },
      logger,
      epochMs: () => NOW_MS,
    },
  );
  return { said: said.join("\n"), started, notified };
}

describe("a scheduled rebalance", () => {
  it("starts a plan that is worth it, and says so", async () => {
    const { said, started } = await scheduledRun(UNEVEN, { window: "03:00-04:00" });
    expect(started).toMatchObject([
      {
        planId: "plan-1",
        options: { movesPerNode: 2, transferMode: "logical" },
        requestedBy: "schedule",
        dryRun: false,
        noMoveAfterMs: Date.UTC(2026, 0, 2, 4),
      },
    ]);
    expect(said).toContain("started");
  });

  it.each([
    ["the cluster is balanced", EVEN, {}, "within the threshold"],
    ["it is outside of its window", UNEVEN, { window: "04:00-05:00" }, "outside of its window"],
    [
      "no move would help",
      sampleInventory({ shardGroups: [sampleGroup(1, 1, { bytes: 100 })] }),
      {},
      "no move would improve",
    ],
    [
      "the moves would take little of the imbalance away",
      sampleInventory({
        shardGroups: [sampleGroup(1, 1, { bytes: 1000 }), sampleGroup(2, 1, { bytes: 10 })],
      }),
      {},
      "only take the imbalance",
    ],
    [
      "something blocks the plan",
      sampleInventory({ nodes: [sampleNode(1, { state: "draining" })], shardGroups: [sampleGroup(1, 1)] }),
      {},
      "cannot be",
    ],
    [
      "the cluster changed meanwhile",
      UNEVEN,
      { refusal: new OrreryError("PLAN_OUTDATED", "it moved") },
      "it moved",
    ],
  ])("starts nothing when %s, and says why", async (_, inventory, options, why) => {
    const { said, started } = await scheduledRun(inventory, options);
    expect(started).toEqual([]);
    expect(said).toContain(why);
  });

  it("reports that it is throttled outside of its window, and that it goes on within", async () => {
    expect((await scheduledRun(UNEVEN, { window: "04:00-05:00" })).notified).toEqual(["schedule: window"]);
    expect((await scheduledRun(UNEVEN, { window: "03:00-04:00" })).notified).toEqual(["schedule goes on"]);
    expect((await scheduledRun(EVEN, {})).notified).toEqual(["schedule goes on"]);
  });

  it("does nothing on a coordinator that does not lead", async () => {
    expect(await scheduledRun(UNEVEN, { leader: false })).toEqual({
      said: "",
      started: [],
      notified: ["schedule goes on"],
    });
  });
});

it("refuses a schedule that is no cron expression, naming the setting", () => {
  const options = { schedule: "every night", window: undefined, movesPerNode: 1 };
  expect(() => startSchedule(options, {} as Parameters<typeof startSchedule>[1])).toThrow(
    expect.objectContaining({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("rebalance.schedule"),
    }),
  );
});

describe("a window of time", () => {
  const at = (hours: number, minutes = 0) => Date.UTC(2026, 0, 2, hours, minutes);

  it("ends on the same day when it starts before its end", () => {
    expect(windowEnd("01:00-05:30", at(1))).toBe(at(5, 30));
    expect(windowEnd("01:00-05:30", at(5, 29))).toBe(at(5, 30));
    expect(windowEnd("01:00-05:30", at(5, 30))).toBeUndefined();
    expect(windowEnd("01:00-05:30", at(0, 59))).toBeUndefined();
  });

  it("goes over midnight when it starts after its end", () => {
    expect(windowEnd("22:00-02:00", at(23))).toBe(at(26));
    expect(windowEnd("22:00-02:00", at(1, 59))).toBe(at(2));
    expect(windowEnd("22:00-02:00", at(2))).toBeUndefined();
    expect(windowEnd("22:00-02:00", at(12))).toBeUndefined();
  });
});
