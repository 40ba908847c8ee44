import { expect, it } from "vitest";
import { OrreryError } from "../../../../src/errors.ts";
import { MemoryCluster } from "../changing-cluster.ts";
import { runChange } from "./run-change.ts";

it("adding a node copies the reference tables, again when that did not work", async () => {
  const cluster = new MemoryCluster();
  cluster.failures.push(new OrreryError("STATEMENT_CONFLICT", "could not acquire the lock required"));
  await runChange(cluster, "add_node", { args: { node: "n3:1" } }).ended;
  expect(cluster.referenceTables).toBe(true);
});
