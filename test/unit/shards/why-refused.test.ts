import { expect, it } from "vitest";
import type { Hello } from "../../../src/shards/node-driver.ts";
import { schemaRange } from "../../../src/shards/schema-range.ts";
import { whyRefused } from "../../../src/shards/why-refused.ts";
import type { Node } from "../../../src/topology/shard-map.ts";

const NODE: Node = { id: 1, group: 1, name: "worker-1:5432", role: "primary" };
const HELLO: Hello = { clusterId: "cluster-1", group: 1, inRecovery: false, schemaVersion: 3 };
const KNOWN = { clusterId: "cluster-1", schema: schemaRange(3) };

it.each([
  ["the primary that the map names", {}, KNOWN],
  ["a node whose schema is one version older", { schemaVersion: 2 }, KNOWN],
  ["a node whose schema is one version newer", { schemaVersion: 4 }, KNOWN],
  ["a node of any cluster before the first map", { clusterId: "cluster-2" }, { ...KNOWN, clusterId: "" }],
])("accepts %s", (_, hello, known) => {
  expect(whyRefused(NODE, { ...HELLO, ...hello }, known)).toBeUndefined();
});

it("accepts a standby in recovery where the map names a standby", () => {
  const standby: Node = { ...NODE, role: "standby" };
  expect(whyRefused(standby, { ...HELLO, inRecovery: true }, KNOWN)).toBeUndefined();
});

it.each([
  ["of another cluster", { clusterId: "cluster-2" }, "belongs to cluster cluster-2, not cluster-1"],
  ["of another node group", { group: 2 }, "is in node group 2, not 1"],
  ["that is in recovery as a primary", { inRecovery: true }, "is in recovery, so it is not the primary"],
])("refuses a node %s as the wrong one", (_, hello, problem) => {
  expect(whyRefused(NODE, { ...HELLO, ...hello }, KNOWN)).toEqual({ code: "NODE_MISMATCH", problem });
});

it.each([
  ["too old", { schemaVersion: 1 }, /has version 1 .*run `orrery migrate`/],
  ["too new", { schemaVersion: 5 }, /has version 5 .*upgrade this coordinator/],
  [
    "missing, whatever else it says",
    { schemaVersion: 0, group: 7, clusterId: "" },
    /does not say which version/,
  ],
])("refuses a node whose schema is %s as not migrated", (_, hello, problem) => {
  expect(whyRefused(NODE, { ...HELLO, ...hello }, KNOWN)).toEqual({
    code: "NODE_NOT_MIGRATED",
    problem: expect.stringMatching(problem),
  });
});
