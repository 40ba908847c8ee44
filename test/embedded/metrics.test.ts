import { describe, expect, it } from "vitest";
import { f32 } from "../support/coordinator.ts";
import { startEmbeddedLane, useLane } from "../support/suites/lanes.ts";
import { testMetrics } from "../support/suites/metrics.ts";

testMetrics(useLane(startEmbeddedLane), { usesIndex: false });

describe("the metrics of shards", () => {
  const lane = useLane((options) =>
    startEmbeddedLane({ ...options, env: { ORRERY_METRICS_SHARD_SAMPLE_RATE: "1" } }),
  );

  it("an embedded node is not asked for them, since its one session would delay requests", async () => {
    const { client, series } = lane();
    const vector = f32([1, 2, 3]);
    await client.vector.upsert({ records: [{ namespace: "n", key: "k", vector }] });
    const searches = async () =>
      [...(await series())].filter(([name]) =>
        /^shard_query_latency_seconds_count.*"(ann|exact)"/.test(name),
      );
    const asked = async () => (await searches()).reduce((sum, [, count]) => sum + count, 0);
    for (let search = 0; search < 40; search += 1) {
      await client.vector.search({ allNamespaces: true, vector });
    }
    // A second round may have asked a shard alone; measuring would have after every search.
    expect(await asked()).toBeLessThan(20);
  });
});
