import { describe, expect, it } from "vitest";
import { OrreryError } from "../../../src/errors.ts";
import { targetsOfAll } from "../../../src/query/plan/target.ts";
import { planReads } from "../../../src/query/plan/target-plan.ts";
import type { SampledShard } from "../../../src/query/query-observer.ts";
import { createShardSampler } from "../../../src/query/shard-sampler.ts";
import { collectionCutAt } from "./cut-ring.ts";
import { askStatement, MemoryCluster } from "./refusing-nodes.ts";

const of = collectionCutAt([-2_000_000_000, 0, 2_000_000_000]);
const { plans } = planReads(targetsOfAll(of), "ann");
const settled = () => new Promise((resolve) => setImmediate(resolve));

function sampling(cluster: MemoryCluster, isDue = () => true) {
  const sampled: SampledShard[] = [];
  const sampler = createShardSampler({
    nodes: cluster,
    isDue,
    observer: { shardSampled: (sample) => sampled.push(sample) },
    random: () => 0.5,
  });
  return { sampled, sampler };
}

const clusterOf = () => new MemoryCluster([...new Set(of.shards.map(({ group }) => group))], of);

describe("a shard sampler", () => {
  it("asks one shard of several alone, and reports its time", async () => {
    const cluster = clusterOf();
    const { sampled, sampler } = sampling(cluster);
    sampler.offer(plans, askStatement);
    await settled();
    const shardId = plans[2]?.target.shardId as number;
    expect(cluster.asked.map(({ shardIds }) => shardIds)).toEqual([[shardId]]);
    expect(sampled).toEqual([{ shardId, strategy: "ann", elapsedMs: expect.any(Number) }]);
    await sampler.close();
  });

  it("asks nothing when it is not due, or when the time of the statement is that of one shard", async () => {
    const cluster = clusterOf();
    sampling(cluster, () => false).sampler.offer(plans, askStatement);
    sampling(cluster).sampler.offer(plans.slice(0, 1), askStatement);
    await settled();
    expect(cluster.asked).toEqual([]);
  });

  it("measures one at a time, whatever is offered, and reports nothing of one that failed", async () => {
    const cluster = clusterOf();
    const [group] = plans.slice(2).map(({ target }) => target.group);
    let end = () => {};
    cluster.interventions.set(group as number, () => new Promise<void>((resolve) => (end = resolve)));
    const { sampled, sampler } = sampling(cluster);
    for (let i = 0; i < 100; i += 1) sampler.offer(plans, askStatement);
    await settled();
    expect(cluster.asked).toHaveLength(1);
    cluster.interventions.set(group as number, () => {
      throw new OrreryError("OVERLOADED", "no");
    });
    end();
    await settled();
    expect(sampled).toHaveLength(1);
    sampler.offer(plans, askStatement);
    await settled();
    expect([cluster.asked.length, sampled.length]).toEqual([2, 1]);
    await sampler.close();
    sampler.offer(plans, askStatement);
    expect(cluster.asked).toHaveLength(2);
  });
});
