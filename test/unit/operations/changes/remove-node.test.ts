import { describe, expect, it } from "vitest";
import { OrreryError } from "../../../../src/errors.ts";
import { MemoryCluster } from "../changing-cluster.ts";
import { HASTY, runChange } from "./run-change.ts";

const silent = new OrreryError("NODE_UNAVAILABLE", "no answer", {
  details: { metadata: { node: "n3:1" } },
});

/** A cluster whose third node does not answer; `unregister` is how its removal from the catalogs ends. */
function losing(unregister: () => Promise<void>) {
  const cluster = new MemoryCluster();
  const removed: boolean[] = [];
  // The map that is served when it is removed.
  const { nodes, ...rest } = cluster.catalog();
  cluster.catalog = () => ({ ...rest, nodes: nodes.filter(({ name }) => name !== "n3:1") });
  Object.assign(cluster.changes, {
    serverFacts: () => Promise.reject(silent),
    setWritable: () => Promise.reject(silent),
    endSessions: () => Promise.reject(silent),
    removeNode: async (_: string, { unreachable }: { readonly unreachable: boolean }) => {
      if (!unreachable) await unregister();
      removed.push(unreachable);
    },
  });
  return { cluster, removed };
}
const never = () => new Promise<never>(() => {});
const recorded = (force: boolean) => ({ args: { node: "n3:1", role: "primary", force }, moves: [] });

describe("removing a node that is lost on the way", () => {
  it("ends without it when forced, and says what that risks", async () => {
    const { cluster, removed } = losing(never);
    const { ended, progress } = runChange(cluster, "remove_node", recorded(true), HASTY);
    expect(await ended).toMatchObject({
      message: expect.stringMatching(/does not know that it was removed: keep it off/),
    });
    expect(removed).toEqual([true]);
    // For a later leader, who need not find it out again.
    expect(progress().result).toEqual({ lost: true });
  });

  it.each([
    [never, /does not answer any more: it is a node of the cluster as before/, []],
    [
      async () => {},
      /does not answer any more: it is no node of the cluster any more, and n3:1 does not know that it was removed/,
      [false],
    ],
  ])("fails without force, and says how far it came", async (unregister, message, removals) => {
    const { cluster, removed } = losing(unregister);
    const { ended } = runChange(cluster, "remove_node", recorded(false), HASTY);
    await expect(ended).rejects.toMatchObject({
      code: "NODE_UNAVAILABLE",
      message: expect.stringMatching(message),
    });
    expect(removed).toEqual(removals);
  });
});
