import { expect, it } from "vitest";
import { MemoryCluster } from "../changing-cluster.ts";
import { runChange, SHARD_OF_NS } from "./run-change.ts";

it("isolating a namespace cuts its shard out, moves that, and its progress never goes back", async () => {
  const cluster = new MemoryCluster();
  const { min, max } = { min: -(2 ** 31), max: 2 ** 31 - 1 };
  const args = { collection: "c", namespace: "ns", target: "n2:1", shard: SHARD_OF_NS, min, max };
  const { ended, fractions } = runChange(cluster, "isolate_namespace", { args });
  expect(await ended).toMatchObject({ state: "done", result: { shard: 5, moved: 1 } });
  expect(cluster.groups.get(5)).toBe(2);
  expect(fractions.length).toBeGreaterThan(3);
  expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
});
