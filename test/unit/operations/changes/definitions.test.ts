import { expect, it } from "vitest";
import { CHANGE_DEFINITIONS, definitionOf } from "../../../../src/operations/changes/definitions.ts";
import type { ClusterOperationKind } from "../../../../src/operations/types.ts";

const KINDS: Readonly<Record<ClusterOperationKind, true>> = {
  update_namespace: true,
  isolate_namespace: true,
  move_shard: true,
  split_shard: true,
  reindex_shard: true,
  rebalance: true,
  add_node: true,
  drain_node: true,
  restore_node: true,
  remove_node: true,
};

it("every kind of change of the cluster has exactly one definition", () => {
  const kinds = CHANGE_DEFINITIONS.map(({ kind }) => kind);
  expect(kinds.toSorted()).toEqual(Object.keys(KINDS).toSorted());
  for (const kind of kinds) expect(definitionOf(kind)?.kind).toBe(kind);
});

it("operations on data, and those of a newer version, have no definition", () => {
  expect(definitionOf("delete_collection")).toBeUndefined();
  expect(definitionOf("merge_shards")).toBeUndefined();
});
