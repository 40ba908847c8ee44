import { describe, expect, it } from "vitest";
import { collide, firstInTheWay, isRefusedBy, type Subject } from "../../../src/operations/collisions.ts";
import type { Operation, OperationKind } from "../../../src/operations/types.ts";

const on = (kind: OperationKind, args: Operation["arguments"] = { collection: "a", shard: 1 }): Subject => ({
  kind,
  arguments: args,
});
const operation = (id: string, fields: Partial<Operation>): Operation => ({
  id,
  kind: "move_shard",
  state: "pending",
  stage: "",
  fraction: 0,
  message: "",
  createdAtMs: 0,
  updatedAtMs: 0,
  coordinator: "",
  arguments: { collection: "a", shard: 1 },
  ...fields,
});

describe("collisions", () => {
  it.each([
    ["moves of one shard group", on("move_shard"), on("move_shard")],
    [
      "a split and a move in one collection",
      on("split_shard"),
      on("move_shard", { collection: "a", shard: 2 }),
    ],
    ["splits in different collections", on("split_shard"), on("split_shard", { collection: "b", shard: 9 })],
    [
      "a split and an isolation in different collections",
      on("split_shard"),
      on("isolate_namespace", { collection: "b", shard: 9 }),
    ],
    ["an isolation and a pin in one collection", on("isolate_namespace"), on("update_namespace")],
    ["a build and a move of one shard group", on("reindex_shard"), on("move_shard")],
    [
      "two builds on one node",
      on("reindex_shard", { collection: "a", shard: 1, node: "n:1" }),
      on("reindex_shard", { collection: "b", shard: 9, node: "n:1" }),
    ],
    ["a rebalance and any move", on("rebalance", {}), on("move_shard")],
    ["two changes of nodes", on("add_node", { node: "x:1" }), on("drain_node", { node: "y:1" })],
    ["a deletion and a move of the collection", on("delete_collection"), on("move_shard")],
    ["a deletion of any collection and a rebalance", on("delete_collection"), on("rebalance", {})],
    ["two changes of one collection", on("update_collection"), on("update_collection")],
    ["a change of a collection and a move in it", on("update_collection"), on("move_shard")],
    ["a change of a collection and a rebalance", on("update_collection"), on("rebalance", {})],
    ["a change of a collection and its deletion", on("update_collection"), on("delete_collection")],
    ["a deletion of a collection and of its namespace", on("delete_collection"), on("delete_namespace")],
  ])("does not let these run beside each other: %s", (_, a, b) => {
    expect(collide(a, b)).toBe(true);
    expect(collide(b, a)).toBe(true);
  });

  it.each([
    ["moves of different shard groups", on("move_shard"), on("move_shard", { collection: "a", shard: 2 })],
    [
      "builds on two nodes",
      on("reindex_shard", { collection: "a", shard: 1, node: "n:1" }),
      on("reindex_shard", { collection: "a", shard: 2, node: "n:2" }),
    ],
    [
      "a split and a move in different collections",
      on("split_shard"),
      on("move_shard", { collection: "b", shard: 9 }),
    ],
    ["the deletion of another collection", on("delete_collection", { collection: "b" }), on("move_shard")],
    ["the creation of a collection and a rebalance", on("create_collection"), on("rebalance", {})],
    [
      "a change of a collection and the deletion of a namespace",
      on("update_collection"),
      on("delete_namespace"),
    ],
    [
      "a change of a collection and a move in another",
      on("update_collection", { collection: "b" }),
      on("move_shard"),
    ],
    ["the deletion of a namespace and a move", on("delete_namespace"), on("move_shard")],
    ["two deletions of one collection", on("delete_collection"), on("delete_collection")],
  ])("lets these run beside each other: %s", (_, a, b) => {
    expect(collide(a, b)).toBe(false);
    expect(collide(b, a)).toBe(false);
  });

  it("makes a change wait for another one, and refuses it when it makes no sense after that", () => {
    expect(isRefusedBy(on("move_shard"), on("rebalance", {}))).toBe(false);
    expect(isRefusedBy(on("drain_node", {}), on("rebalance", {}))).toBe(false);
    expect(isRefusedBy(on("move_shard"), on("update_collection"))).toBe(false);
    expect(isRefusedBy(on("update_collection"), on("move_shard"))).toBe(true);
    expect(isRefusedBy(on("rebalance", {}), on("update_collection"))).toBe(true);
    expect(isRefusedBy(on("rebalance", {}), on("move_shard"))).toBe(true);
    expect(isRefusedBy(on("rebalance", {}), on("rebalance", {}))).toBe(true);
    expect(isRefusedBy(on("remove_node", {}), on("drain_node", {}))).toBe(true);
    expect(isRefusedBy(on("delete_collection"), on("move_shard"))).toBe(true);
    expect(isRefusedBy(on("move_shard"), on("delete_collection"))).toBe(true);
  });
});

describe("the queue", () => {
  it("runs the operation that was recorded first, and makes the next one wait for it", () => {
    const first = operation("z", { createdAtMs: 1 });
    const second = operation("a", { createdAtMs: 2 });
    expect(firstInTheWay(first, [second, first])).toBeUndefined();
    expect(firstInTheWay(second, [second, first])).toBe(first);
  });

  it("orders operations that were recorded at the same time by id", () => {
    const [a, b] = [operation("a", {}), operation("b", {})];
    expect(firstInTheWay(a, [a, b])).toBeUndefined();
    expect(firstInTheWay(b, [a, b])).toBe(a);
  });

  it("makes an operation wait for a later one that has begun", () => {
    const first = operation("a", { createdAtMs: 1 });
    const begun = operation("b", { createdAtMs: 2, state: "running", stage: "move" });
    expect(firstInTheWay(first, [first, begun])).toBe(begun);
  });
});
