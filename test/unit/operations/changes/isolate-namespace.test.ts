import { expect, it } from "vitest";
import { hashText } from "../../../../src/topology/ring.ts";
import { MemoryCluster } from "../changing-cluster.ts";
import { runChange, SHARD_OF_NS } from "./run-change.ts";

const HASH = hashText("ns");

/** Isolates namespace `ns`, whose shard is on the first node, as its operation was recorded. */
function isolate(cluster: MemoryCluster, more: Readonly<Record<string, string>> = {}) {
  const [{ shards } = { shards: [] }] = cluster.catalog().collections;
  cluster.referenceTables = true;
  const { min = 0, max = 0 } = shards.find(({ id }) => id === SHARD_OF_NS) ?? {};
  const args = { collection: "c", namespace: "ns", shard: SHARD_OF_NS, min, max, ...more };
  return runChange(cluster, "isolate_namespace", { args });
}
const ownShard = (cluster: MemoryCluster) =>
  cluster.catalog().collections[0]?.shards.find(({ min, max }) => min === HASH && max === HASH);

it("isolating a namespace makes its shard on the node that is asked for, and no piece on the one that holds it", async () => {
  const cluster = new MemoryCluster();
  const { ended, fractions } = isolate(cluster, { target: "n2:1" });
  const own = await ended.then(() => ownShard(cluster));
  expect(await ended).toMatchObject({ state: "done", result: { shard: own?.id, moved: 0 } });
  expect(own?.group).toBe(2);
  const [cut, ...others] = cluster.cuts;
  expect(others).toEqual([]);
  expect(cut).toMatchObject({ points: [HASH - 1, HASH], blockWrites: false });
  expect(cut?.nodes).not.toContain(1);
  expect(cluster.begun).toEqual([]);
  expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
});

it("a namespace that is to stay on its node is isolated on another one and moved back", async () => {
  const cluster = new MemoryCluster();
  const { ended, fractions } = isolate(cluster, { target: "n1:1" });
  expect(await ended).toMatchObject({ state: "done", result: { moved: 1 } });
  expect(cluster.cuts[0]?.nodes).not.toContain(1);
  expect(ownShard(cluster)?.group).toBe(1);
  expect(cluster.begun).toEqual([ownShard(cluster)?.id]);
  expect(fractions.length).toBeGreaterThan(3);
  expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
});

it("while writes wait, a namespace is isolated where it is", async () => {
  const cluster = new MemoryCluster();
  await isolate(cluster, { transfer_mode: "block_writes" }).ended;
  expect(cluster.cuts[0]).toMatchObject({ nodes: [1, 1, 1], blockWrites: true });
});

it("a shard that was moved after its isolation was planned is cut by a new plan", async () => {
  const cluster = new MemoryCluster();
  cluster.groups.set(SHARD_OF_NS, 3);
  const pieces = ["n2:1", "n3:1", "n2:1"].map((node) => ({ node }));
  const more = { source: "n1:1", pieces } as unknown as Record<string, string>;
  await isolate(cluster, more).ended;
  expect(cluster.cuts[0]?.nodes).not.toContain(3);
});

it("an isolation whose plan names a node that is to be emptied by now is refused", async () => {
  const cluster = new MemoryCluster();
  cluster.drained.add("n2:1");
  const pieces = ["n2:1", "n3:1", "n2:1"].map((node) => ({ node }));
  const more = { source: "n1:1", pieces } as unknown as Record<string, string>;
  await expect(isolate(cluster, more).ended).rejects.toMatchObject({ code: "PLACEMENT_REFUSED" });
  expect(cluster.cuts).toEqual([]);
});
