/** Every caller judges the same server alike: the doctor, the addition of a node, a move and a split. */
import { expect, it } from "vitest";
import { checkCluster } from "../../../src/doctor/check-cluster.ts";
import type { PlacementChanges } from "../../../src/engines/placement-changes.ts";
import { OrreryError } from "../../../src/errors.ts";
import { checkSplittable } from "../../../src/operations/changes/check-target.ts";
import { checkMove } from "../../../src/rebalance/check-move.ts";
import type { ClockDifference, ServerFacts } from "../../../src/servers/server-facts.ts";
import { whyUnfit } from "../../../src/servers/why-unfit.ts";
import { nodeName, sampleGroup, sampleInventory, sampleNode } from "../rebalance/sample-inventory.ts";
import { FIT_CANDIDATE, FIT_SERVER, REFERENCE } from "./sample-facts.ts";

const NAME = nodeName(1);
const NEVER = new AbortController().signal;

/** What the doctor reports, without what is fine. */
function doctor(server: ServerFacts): readonly string[] {
  const facts = { engine: "citus", schema: 1, nodes: [{ name: NAME, schema: 1, server }] } as const;
  return checkCluster(facts)
    .filter(({ verdict }) => verdict !== "ok")
    .map(({ detail }) => `${NAME} ${detail}`);
}

/** Why the server may not become a node. */
function addition(server: ServerFacts): readonly string[] {
  return whyUnfit(NAME, { ...FIT_CANDIDATE, ...server }, { reference: REFERENCE, standbyOf: undefined });
}

/** What keeps shard groups from leaving the server, and what else is said of it on that occasion. */
function move(server: ServerFacts) {
  const inventory = sampleInventory({
    nodes: [sampleNode(1, { server }), sampleNode(2)],
    shardGroups: [sampleGroup(101, 1)],
  });
  const warnings = checkMove(inventory, { shard: 101, target: nodeName(2) }).filter(
    ({ node }) => node === NAME,
  );
  return {
    blocking: warnings.filter(({ severity }) => severity === "blocking").map(({ message }) => message),
    notices: warnings.filter(({ severity }) => severity === "notice").map(({ message }) => message),
  };
}

/** What keeps shard groups from being taken in. */
function arrival(server: ServerFacts): readonly string[] {
  const inventory = sampleInventory({
    nodes: [sampleNode(1, { server }), sampleNode(2)],
    shardGroups: [sampleGroup(101, 2)],
  });
  return checkMove(inventory, { shard: 101, target: NAME })
    .filter(({ severity }) => severity === "blocking")
    .map(({ message }) => message);
}

/** Why shards of the server cannot be cut. */
async function split(server: ServerFacts): Promise<readonly string[]> {
  const changes = { serverFacts: async () => ({ ...FIT_CANDIDATE, ...server }) };
  try {
    await checkSplittable({ changes: changes as unknown as PlacementChanges }, NAME, NEVER);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(OrreryError);
    expect((error as OrreryError).code).toBe("NODE_UNFIT");
    return (error as OrreryError).message.split(`; ${NAME}`);
  }
}

interface Situation {
  readonly changes: Partial<ServerFacts>;
  /** What is wrong with it, in the words of everybody; undefined: nothing. */
  readonly says?: RegExp;
  readonly moves: boolean;
  readonly splits: boolean;
}

const plugins = (outputPluginLibraries: string | undefined) => ({ outputPluginLibraries });

it.each<[string, Situation]>([
  ["both plugins listed", { changes: plugins("pgoutput, citus"), moves: true, splits: true }],
  ["both plugins with blanks around", { changes: plugins(" citus , pgoutput "), moves: true, splits: true }],
  ["both plugins without blanks", { changes: plugins("citus,pgoutput"), moves: true, splits: true }],
  ["both plugins in quotes", { changes: plugins('"citus", "pgoutput"'), moves: true, splits: true }],
  ["every plugin allowed", { changes: plugins("*"), moves: true, splits: true }],
  ["every plugin allowed besides one", { changes: plugins("wal2json, *"), moves: true, splits: true }],
  ["the setting unknown", { changes: plugins(undefined), moves: true, splits: true }],
  [
    "no plugin listed",
    { changes: plugins(""), says: /lacks pgoutput and citus/, moves: false, splits: false },
  ],
  ["only pgoutput listed", { changes: plugins("pgoutput"), says: /lacks citus/, moves: true, splits: false }],
  [
    "only citus listed",
    { changes: plugins(" citus "), says: /lacks pgoutput in/, moves: false, splits: true },
  ],
  [
    "a plugin whose name begins like another",
    { changes: plugins("pgoutput, citus_decoder"), says: /lacks citus/, moves: true, splits: false },
  ],
  [
    "plugins apart by blanks alone",
    { changes: plugins("pgoutput citus"), says: /lacks pgoutput and citus/, moves: false, splits: false },
  ],
  ["wal_level logical", { changes: { walLevel: "logical" }, moves: true, splits: true }],
  [
    "wal_level replica",
    { changes: { walLevel: "replica" }, says: /wal_level replica/, moves: false, splits: false },
  ],
  [
    "wal_level minimal",
    { changes: { walLevel: "minimal" }, says: /wal_level minimal/, moves: false, splits: false },
  ],
])("all callers judge a server alike that has %s", async (_, { changes, says, moves, splits }) => {
  const server = { ...FIT_SERVER, ...changes };
  const sentences = says === undefined ? [] : [expect.stringMatching(says)];
  expect(doctor(server)).toEqual(sentences);
  expect(addition(server)).toEqual(doctor(server));
  expect(move(server)).toEqual({
    blocking: moves ? [] : doctor(server),
    notices: moves && !splits ? doctor(server) : [],
  });
  expect(await split(server)).toEqual(splits ? [] : doctor(server));
});

it("the doctor, an addition and a move agree on a server without pgvector", () => {
  const server = { ...FIT_SERVER, pgvector: undefined };
  expect(doctor(server)).toEqual([expect.stringContaining("no pgvector")]);
  expect(addition(server)).toEqual(doctor(server));
  expect(arrival(server)).toEqual(doctor(server));
});

it("the doctor and an addition agree on a server that cannot prepare transactions", () => {
  const server = { ...FIT_SERVER, maxPreparedTransactions: 0 };
  expect(doctor(server)).toEqual([expect.stringContaining("max_prepared_transactions 0")]);
  expect(addition(server)).toEqual(doctor(server));
});

it("the doctor warns of every clock that keeps a server from becoming a node", () => {
  const additionWith = (clock: ClockDifference) =>
    whyUnfit(NAME, { ...FIT_CANDIDATE, clock }, { reference: REFERENCE, standbyOf: undefined });
  const doctorWith = (clock: ClockDifference) =>
    checkCluster({
      engine: "citus",
      schema: 1,
      nodes: [{ name: NAME, schema: 1, server: FIT_SERVER, clock }],
    }).filter(({ verdict }) => verdict !== "ok");
  for (const [aheadMs, warned, refused] of [
    [-900, 0, 0],
    [3_000, 1, 0],
    [-6_000, 1, 1],
  ] as const) {
    const clock = { aheadMs, errorMs: 10 };
    expect([doctorWith(clock).length, additionWith(clock).length]).toEqual([warned, refused]);
  }
});
