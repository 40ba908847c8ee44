import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isOrreryError, OrreryError } from "../../../src/errors.ts";
import { NOOP } from "../../../src/metrics/noop.ts";
import { type Target, targetsOfAll, targetsOfKeys } from "../../../src/query/plan/target.ts";
import {
  type Outcome as AnyOutcome,
  planReads,
  type TargetPlan,
} from "../../../src/query/plan/target-plan.ts";
import type { QueryObserver } from "../../../src/query/query-observer.ts";
import { scatter, scatterOnNode } from "../../../src/query/scatter.ts";
import { NO_SAMPLER, type ShardSampler } from "../../../src/query/shard-sampler.ts";
import { CollectionReplaced } from "../../../src/topology/collection-lookup.ts";
import { flowOf } from "../../../src/topology/ring.ts";
import type { Collection, GroupId, Shard } from "../../../src/topology/shard-map.ts";
import { anyCuts, anyNamespaces, collectionCutAt } from "./cut-ring.ts";
import { type AnswerRow, askStatement, decodeAnswer, MemoryCluster, refusal } from "./refusing-nodes.ts";

const GROUPS = [1, 2, 3, 4];
/** Four shards, one on each of groups 1-4. */
const collection = collectionCutAt([-1000, 0, 1000]);
const [first, second] = collection.shards as [Shard, Shard, ...Shard[]];

const noop: QueryObserver = NOOP.query;

type Outcome = AnyOutcome<TargetPlan, AnswerRow>;

interface Asked {
  readonly of?: Collection;
  readonly targets?: readonly Target[];
  readonly controller?: AbortController;
  readonly observer?: QueryObserver;
  readonly branchesPerStatement?: number;
  readonly sampler?: ShardSampler;
  /** True when the targets are all on one node, and the caller says so. */
  readonly onNode?: boolean;
}

const depsOf = (cluster: MemoryCluster) => ({
  topology: cluster,
  nodes: cluster,
  observer: noop,
  branchesPerStatement: 64,
  sampler: NO_SAMPLER,
  random: () => 0,
  monotonicMs: () => performance.now(),
});

function ask(
  cluster: MemoryCluster,
  {
    of = collection,
    targets = targetsOfAll(of),
    controller = new AbortController(),
    observer = noop,
    branchesPerStatement = 64,
    sampler = NO_SAMPLER,
    onNode = false,
  }: Asked = {},
): Promise<readonly Outcome[]> {
  const deps = { ...depsOf(cluster), observer, branchesPerStatement, sampler };
  const read = { statement: askStatement, decode: decodeAnswer };
  const request = { collection: of, round: planReads(targets, "ann"), read };
  return (onNode ? scatterOnNode : scatter)(request, deps, { signal: controller.signal, requestId: "r" });
}

function moved(shardId: number, group: GroupId, from: Collection = collection): Collection {
  const shards = from.shards.map((shard) => (shard.id === shardId ? { ...shard, group } : shard));
  return { ...from, shards };
}

const unavailable = () => new OrreryError("NODE_UNAVAILABLE", "no answer");
const byShard = (outcomes: readonly Outcome[]) =>
  new Map(outcomes.map((outcome) => [outcome.plan.target.shardId, outcome]));
const timesAsked = (cluster: MemoryCluster, group: GroupId) =>
  cluster.asked.filter((asked) => asked.group === group).length;

describe("scatter", () => {
  it("asks each node once for all its targets, and gives each target its own rows", async () => {
    const eight = collectionCutAt([-300, -200, -100, 0, 100, 200, 300]);
    const cluster = new MemoryCluster(GROUPS, eight);
    const outcomes = await ask(cluster, { of: eight });
    expect(cluster.asked).toHaveLength(4);
    expect(outcomes).toHaveLength(8);
    for (const {
      plan: { target },
      rows,
      error,
      attempts,
    } of outcomes) {
      expect({ error, attempts }).toEqual({ error: undefined, attempts: 1 });
      expect(rows).toMatchObject([{ shardId: target.shardId, group: target.group }]);
    }
  });

  it("splits the targets of one node into statements of bounded size", async () => {
    const cluster = new MemoryCluster([1], singleNode(7));
    const outcomes = await ask(cluster, { of: singleNode(7), branchesPerStatement: 3 });
    expect(cluster.asked.map(({ shardIds }) => shardIds.length)).toEqual([3, 3, 1]);
    expect(outcomes.map(({ rows }) => rows.map(({ shardId }) => shardId))).toEqual(
      singleNode(7).shards.map(({ id }) => [id]),
    );
  });

  it("asks targets of one node in statements of bounded size, and follows those that moved", async () => {
    const one = singleNode(7);
    const [shard] = one.shards as [Shard, ...Shard[]];
    const cluster = new MemoryCluster([1, 2], one);
    cluster.agree([moved(shard.id, 2, one)]);
    const outcomes = await ask(cluster, { of: one, branchesPerStatement: 3, onNode: true });
    expect(cluster.asked.slice(0, 3).map(({ shardIds }) => shardIds.length)).toEqual([3, 3, 1]);
    expect([...byShard(outcomes).keys()].toSorted()).toEqual(one.shards.map(({ id }) => id));
    expect(byShard(outcomes).get(shard.id)).toMatchObject({ attempts: 2, rows: [{ group: 2 }] });
  });

  it("replans only targets that replace others after re-routing", async () => {
    const cluster = new MemoryCluster(GROUPS, collection);
    const parts = collectionCutAt([-2000, -1500, -1000], 200_000).shards.slice(0, 3);
    cluster.agree([{ ...collection, shards: [...parts, ...collection.shards.slice(1)] }]);
    const replanned: number[] = [];
    const { plans } = planReads(targetsOfAll(collection).slice(0, 2), "ann");
    const replan = (target: Target): TargetPlan => {
      replanned.push(target.shardId);
      return { target, strategy: "exact" };
    };
    const read = { statement: askStatement, decode: decodeAnswer };
    const context = { signal: new AbortController().signal, requestId: "r" };
    const deps = depsOf(cluster);
    const outcomes = await scatter({ collection, round: { plans, replan }, read }, deps, context);
    expect(replanned).toEqual([200_000, 200_001, 200_002]);
    expect(outcomes.map(({ plan }) => plan.strategy).toSorted()).toEqual(["ann", "exact", "exact", "exact"]);
  });

  it("asks nothing when there are no targets", async () => {
    const cluster = new MemoryCluster(GROUPS, collection);
    expect(await ask(cluster, { targets: [] })).toEqual([]);
    expect(cluster.asked).toEqual([]);
  });

  it("follows the owner that a refusal names, without reading a map", async () => {
    const cluster = new MemoryCluster(GROUPS, collection);
    cluster.agree([moved(first.id, 3)]);
    const rerouted: GroupId[] = [];
    const observer = { ...noop, rerouted: ({ group }: { group: GroupId }) => rerouted.push(group) };
    const outcomes = byShard(await ask(cluster, { observer }));
    expect(outcomes.get(first.id)).toMatchObject({ attempts: 2, rows: [{ group: 3 }], error: undefined });
    expect(outcomes.get(second.id)).toMatchObject({ attempts: 1 });
    expect(cluster.refreshedFrom).toEqual([]);
    expect(rerouted).toEqual([1]);
  });

  it("reads the map of the node that refused when the owner it names joined after the map was read", async () => {
    const cluster = new MemoryCluster(GROUPS, collection);
    cluster.agree([moved(first.id, 9)], [...GROUPS, 9]);
    const outcome = byShard(await ask(cluster)).get(first.id);
    expect(outcome).toMatchObject({ rows: [{ group: 9 }], error: undefined });
    expect(cluster.refreshedFrom).toEqual([1]);
  });

  it("leaves the other targets of a statement where they are when one of them moved", async () => {
    const one = singleNode(3);
    const [, middle] = one.shards as [Shard, Shard, Shard];
    const cluster = new MemoryCluster([1, 2], one);
    cluster.agree([moved(middle.id, 2, one)]);
    const outcomes = await ask(cluster, { of: one });
    expect(outcomes.map(({ plan: { target }, rows }) => [target.shardId, rows[0]?.group]).toSorted()).toEqual(
      one.shards.map(({ id }) => [id, id === middle.id ? 2 : 1]),
    );
  });

  it("waits while a change is being committed, and asks the same node again", async () => {
    const cluster = new MemoryCluster(GROUPS, collection);
    let refusals = 3;
    cluster.interventions.set(1, () => {
      refusals -= 1;
      if (refusals >= 0) throw refusal(first.id, { committing: "true" });
    });
    const outcomes = byShard(await ask(cluster));
    expect(outcomes.get(first.id)).toMatchObject({ attempts: 4, rows: [{ group: 1 }] });
    expect(timesAsked(cluster, 1)).toBe(4);
    expect(cluster.refreshedFrom).toEqual([]);
  });

  it("reports that a change is being committed when the deadline passes during a retry", async () => {
    const cluster = new MemoryCluster(GROUPS, collection);
    const controller = new AbortController();
    cluster.interventions.set(1, () => {
      if (timesAsked(cluster, 1) < 3) throw refusal(first.id, { committing: "true" });
      controller.abort(new OrreryError("DEADLINE_EXCEEDED", "too late"));
      throw new OrreryError("DEADLINE_EXCEEDED", "canceled");
    });
    const outcomes = byShard(await ask(cluster, { controller }));
    expect(outcomes.get(first.id)).toMatchObject({ attempts: 3, rows: [], error: { code: "SHARD_MOVING" } });
  });

  it("asks all shards that cover the range, by the map of the node that refused, when the shard is gone", async () => {
    const cluster = new MemoryCluster(GROUPS, collection);
    const split = collectionCutAt([-2000, -1500, -1000, 0, 1000], 200_000);
    cluster.agree([split]);
    const outcomes = await ask(cluster, { targets: targetsOfAll(collection).slice(0, 1) });
    expect(cluster.refreshedFrom).toEqual([1]);
    expect(outcomes.map(({ plan: { target } }) => target.shardId)).toEqual([200_000, 200_001, 200_002]);
    expect(outcomes.every(({ rows }) => rows.length === 1)).toBe(true);
  });

  it("finds every key once, at the node that holds it, after any splits and moves it does not know of", async () => {
    await fc.assert(
      fc.asyncProperty(anyCuts, anyCuts, anyNamespaces, async (before, after, keys) => {
        const old = collectionCutAt(before);
        const now = collectionCutAt(after, 200_000);
        const cluster = new MemoryCluster(GROUPS, old);
        cluster.agree([now]);
        const outcomes = await ask(cluster, { of: old, targets: targetsOfKeys(old, keys) });
        const found = outcomes.flatMap(({ rows }) => rows);
        const wanted = targetsOfKeys(now, keys).flatMap(({ shardId, group, shardKeys }) =>
          [...shardKeys].map((key) => ({ shardId, group, key })),
        );
        const inOrder = (rows: readonly { key: string }[]) =>
          rows.map((row) => JSON.stringify(row)).toSorted();
        expect(inOrder(found.map(({ shardId, group, key }) => ({ shardId, group, key })))).toEqual(
          inOrder(wanted),
        );
      }),
      { numRuns: 50 },
    );
  });

  it("keeps asking while two nodes name each other, and says at the deadline that the shard is moving", async () => {
    const cluster = new MemoryCluster(GROUPS, collection);
    cluster.agree([moved(first.id, 2)], [1]);
    const controller = new AbortController();
    cluster.interventions.set(2, () => {
      if (timesAsked(cluster, 2) === 4) controller.abort(new OrreryError("DEADLINE_EXCEEDED", "too late"));
      throw refusal(first.id, { owner: "1" });
    });
    const [outcome] = await ask(cluster, { controller, targets: targetsOfAll(collection).slice(0, 1) });
    expect(outcome).toMatchObject({ rows: [], error: { code: "SHARD_MOVING", retry: "reroute" } });
    expect(cluster.asked.map(({ group }) => group)).toEqual([1, 2, 1, 2, 1, 2, 1, 2]);
  });

  it("stops retrying once two nodes that named each other agree", async () => {
    const cluster = new MemoryCluster(GROUPS, collection);
    cluster.agree([moved(first.id, 2)], [1]);
    cluster.interventions.set(2, () => {
      if (timesAsked(cluster, 2) === 3) cluster.agree([moved(first.id, 2)]);
    });
    const outcomes = byShard(await ask(cluster));
    expect(outcomes.get(first.id)).toMatchObject({ error: undefined, rows: [{ group: 2 }] });
  });

  it("asks a node that does not answer three times in total, by the newest map each time", async () => {
    const cluster = new MemoryCluster(GROUPS, collection);
    cluster.interventions.set(1, () => {
      throw unavailable();
    });
    const outcomes = byShard(await ask(cluster));
    expect(outcomes.get(first.id)).toMatchObject({
      attempts: 3,
      rows: [],
      error: { code: "NODE_UNAVAILABLE" },
    });
    expect(timesAsked(cluster, 1)).toBe(3);

    cluster.asked.length = 0;
    cluster.interventions.set(1, () => {
      cluster.map = { ...cluster.map, collections: [moved(first.id, 2)] };
      cluster.agree(cluster.map.collections);
      throw unavailable();
    });
    expect(byShard(await ask(cluster)).get(first.id)).toMatchObject({ attempts: 2, rows: [{ group: 2 }] });
  });

  it("counts waits for a lock as no attempts of other kinds", async () => {
    const cluster = new MemoryCluster(GROUPS, collection);
    let asked = 0;
    const afterLocks = (locks: number, then: () => void) =>
      cluster.interventions.set(1, () => {
        asked += 1;
        if (asked <= locks) throw new OrreryError("LOCK_TIMEOUT", "held");
        then();
      });
    afterLocks(4, () => {
      if (asked <= 6) throw unavailable();
    });
    expect(byShard(await ask(cluster)).get(first.id)).toMatchObject({ attempts: 7, rows: [{ group: 1 }] });

    asked = 0;
    afterLocks(4, () => cluster.agree([moved(first.id, 2)]));
    expect(byShard(await ask(cluster)).get(first.id)).toMatchObject({ attempts: 6, rows: [{ group: 2 }] });
    // It went where the refusal said, without reading a map.
    expect(cluster.refreshedFrom).toEqual([]);
  });

  it.each(["STATEMENT_FAILED", "NODE_NOT_MIGRATED", "OVERLOADED"] as const)(
    "makes %s the target's outcome without a retry",
    async (code) => {
      const cluster = new MemoryCluster(GROUPS, collection);
      cluster.interventions.set(1, () => {
        throw new OrreryError(code, "no");
      });
      expect(byShard(await ask(cluster)).get(first.id)).toMatchObject({ attempts: 1, error: { code } });
    },
  );

  it("keeps the answers of the other nodes when one fails", async () => {
    const cluster = new MemoryCluster(GROUPS, collection);
    cluster.interventions.set(2, () => {
      throw new OrreryError("STATEMENT_FAILED", "no");
    });
    const outcomes = await ask(cluster);
    expect(outcomes).toHaveLength(4);
    for (const {
      plan: { target },
      rows,
      error,
    } of outcomes) {
      if (target.group === 2)
        expect({ rows, code: error?.code }).toEqual({ rows: [], code: "STATEMENT_FAILED" });
      else expect({ rows: rows.length, error }).toEqual({ rows: 1, error: undefined });
    }
  });

  it("returns what it has when the deadline passes before one node has answered", async () => {
    const cluster = new MemoryCluster(GROUPS, collection);
    const controller = new AbortController();
    cluster.interventions.set(1, async (signal) => {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    });
    const asked = ask(cluster, { controller });
    await expect.poll(() => cluster.asked.length).toBe(4);
    controller.abort(new OrreryError("DEADLINE_EXCEEDED", "too late"));
    const outcomes = byShard(await asked);
    expect(outcomes.get(first.id)).toMatchObject({ rows: [], error: { code: "DEADLINE_EXCEEDED" } });
    expect(outcomes.get(second.id)).toMatchObject({ rows: [{ group: 2 }], error: undefined });
  });

  it.each(["MAP_UNAVAILABLE", "SHUTTING_DOWN", "NODE_NOT_MIGRATED"] as const)(
    "keeps its targets while the map cannot be read (%s), and retries until the deadline",
    async (code) => {
      const cluster = new MemoryCluster(GROUPS, collection);
      cluster.agree([collectionCutAt([], 200_000)]);
      cluster.refreshError = new OrreryError(code, "no map");
      const controller = new AbortController();
      cluster.interventions.set(1, () => {
        if (timesAsked(cluster, 1) === 3) controller.abort(new OrreryError("DEADLINE_EXCEEDED", "too late"));
      });
      const targets = targetsOfAll(collection).slice(0, 1);
      const outcomes = await ask(cluster, { controller, targets });
      expect(timesAsked(cluster, 1)).toBe(3);
      expect(outcomes).toMatchObject([{ plan: { target: { shardId: first.id } }, rows: [] }]);
      expect(isOrreryError(outcomes[0]?.error, "SHARD_MOVING", "DEADLINE_EXCEEDED")).toBe(true);
    },
  );

  it.each<[string, readonly Collection[]]>([
    ["another one took its name", [{ ...collectionCutAt([], 300_000), id: 8 }]],
    ["it was dropped", []],
  ])("throws CollectionReplaced when a newer map says that %s", async (_, collections) => {
    const cluster = new MemoryCluster(GROUPS, collection);
    cluster.agree(collections);
    await expect(ask(cluster)).rejects.toBeInstanceOf(CollectionReplaced);
  });

  it("offers what one statement answered to the sampler, and nothing that was refused", async () => {
    const cluster = new MemoryCluster(GROUPS, singleNode(5));
    const offered: (readonly number[])[] = [];
    const sampler: ShardSampler = {
      ...NO_SAMPLER,
      offer: (plans) => offered.push(plans.map(({ target }) => target.shardId)),
    };
    const of = singleNode(5);
    await ask(cluster, { of, sampler });
    expect(offered).toEqual([of.shards.map(({ id }) => id)]);
    expect(cluster.asked).toHaveLength(1);
    cluster.interventions.set(1, () => {
      throw new OrreryError("STATEMENT_FAILED", "no");
    });
    await ask(cluster, { of, sampler });
    expect(offered).toHaveLength(1);
  });

  it("asks again for as long as a lock is held, and reports the lock when time is up", async () => {
    const cluster = new MemoryCluster(GROUPS, collection);
    const locked = () => {
      throw new OrreryError("LOCK_TIMEOUT", "held");
    };
    let refusals = 0;
    cluster.interventions.set(3, () => {
      refusals += 1;
      if (refusals <= 10) locked();
    });
    const outcomes = await ask(cluster);
    expect(outcomes.every(({ error }) => error === undefined)).toBe(true);
    expect(refusals).toBe(11);

    cluster.interventions.set(3, locked);
    const controller = new AbortController();
    setTimeout(() => controller.abort(new OrreryError("DEADLINE_EXCEEDED", "late")), 50);
    const failed = (await ask(cluster, { controller })).filter(({ error }) => error !== undefined);
    expect(failed.map(({ plan, error }) => [plan.target.group, error?.code])).toEqual(
      collection.shards.filter(({ group }) => group === 3).map(() => [3, "LOCK_TIMEOUT"]),
    );
  });

  it("says whose a statement is: a namespace's of a collection, and of which shard where it asks one", async () => {
    const cluster = new MemoryCluster(GROUPS, singleNode(5));
    const of = singleNode(5);
    await ask(cluster, { of });
    await ask(cluster, { of, targets: targetsOfKeys(of, ["tenant"]) });
    const [shard] = targetsOfKeys(of, ["tenant"]);
    expect(cluster.askedFor).toEqual([
      { flow: flowOf(of), shard: undefined },
      { flow: flowOf(of, "tenant"), shard: shard?.shardId },
    ]);
    const another = { ...of, id: of.id + 1 };
    const flows = [of, another].flatMap((each) => [flowOf(each), flowOf(each, "tenant")]);
    expect(new Set(flows).size).toBe(4);
  });

  it("reports to the observer why the fence refused", async () => {
    const cluster = new MemoryCluster(GROUPS, collection);
    cluster.agree([moved(first.id, 3)]);
    const reasons: string[] = [];
    await ask(cluster, { observer: { ...noop, fenced: ({ reason }) => reasons.push(reason) } });
    expect(reasons).toEqual(["moved"]);
  });

  it("rejects with errors that are bugs", async () => {
    const cluster = new MemoryCluster(GROUPS, collection);
    cluster.interventions.set(3, () => {
      throw new TypeError("a mistake");
    });
    await expect(ask(cluster)).rejects.toThrow(TypeError);
  });
});

/** `count` shards, all on group 1. */
function singleNode(count: number): Collection {
  const cuts = Array.from({ length: count - 1 }, (_, index) => index * 100);
  const cut = collectionCutAt(cuts);
  return { ...cut, shards: cut.shards.map((shard) => ({ ...shard, group: 1 })) };
}
