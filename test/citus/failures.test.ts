import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CallError } from "../../src/client/call-error.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { f32, runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import type { PostgresServer } from "../support/postgres-server.ts";
import { waitFor } from "../support/wait-for.ts";

const NAMESPACES = Array.from({ length: 24 }, (_, i) => `tenant-${i}`);
/** The coordinator's limit; clients wait longer, so that they get its answer however busy the machine is. */
const LIMIT_MS = 2_000;
const DEADLINE_MS = 30_000;

let cluster: CitusCluster;
let coordinator: TestCoordinator;
/** The last worker, the namespaces on it (`lost`) and those on the other workers (`kept`). */
let victim: PostgresServer;
let lost: readonly string[];
let kept: readonly string[];

const vector = f32([1, 2, 3]);

const searchOne = (namespace: string, options: { allowPartial?: boolean } = {}) =>
  coordinator.client.vector.search(
    { namespaces: [namespace], vector, ...options },
    { deadlineMs: DEADLINE_MS },
  );

const searchAll = (options: { allowPartial?: boolean } = {}) =>
  coordinator.client.vector.search(
    { allNamespaces: true, vector, topK: 100, ...options },
    { deadlineMs: DEADLINE_MS },
  );

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 3 });
  const settings = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "6",
    ORRERY_POOL_MAX: "4",
    ORRERY_RPC_MAX_DEADLINE_MS: String(LIMIT_MS),
  };
  await runMigrate(settings);
  coordinator = await startTestCoordinator(settings);
  const records = NAMESPACES.map((namespace) => ({ namespace, key: "k", value: namespace, vector }));
  const { results } = await coordinator.client.vector.upsert({ records });
  expect(results.every(({ version }) => Number(version) > 0)).toBe(true);
  const last = cluster.nodes.at(-1);
  if (last === undefined) throw new Error("no worker");
  victim = last.server;
  const placed = await cluster.sql(
    `SELECT namespace, concat(nodename, ':', nodeport) = $2 AS lost
FROM unnest($1::text[]) namespace
JOIN pg_dist_placement p ON p.shardid = get_shard_id_for_distribution_column('memory_entries', namespace)
JOIN pg_dist_node USING (groupid)`,
    [NAMESPACES, last.name],
  );
  lost = placed.filter((row) => row.lost).map((row) => row.namespace as string);
  kept = placed.filter((row) => !row.lost).map((row) => row.namespace as string);
  expect(lost.length).toBeGreaterThan(0);
  expect(kept.length).toBeGreaterThan(0);
});

afterAll(async () => {
  await coordinator?.stop();
  await cluster?.stop();
});

describe.each([
  ["stopped", () => victim.stop(), () => victim.restart()],
  ["frozen", async () => victim.freeze(), async () => victim.thaw()],
] as const)("one worker %s", (state, harm, heal) => {
  beforeAll(harm);
  afterAll(heal);

  it("a search that needs a lost worker fails by the deadline and names the target", async () => {
    for (const search of [() => searchOne(lost[0] ?? ""), () => searchAll()]) {
      const error = await search().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(CallError);
      const { failure } = error as CallError;
      expect(failure.message).toMatch(/shard \d+ \(node group \d+\)/);
      expect(["UNAVAILABLE", "DEADLINE_EXCEEDED"]).toContain(failure.status);
    }
  });

  it("a partial answer holds the hits of the other workers and says what is missing", async () => {
    const { hits, completeness } = await searchAll({ allowPartial: true });
    expect(new Set(hits.map(({ namespace }) => namespace))).toEqual(new Set(kept));
    expect(completeness).toMatchObject({ complete: false, targetsTotal: 6 });
    expect(completeness?.failures.length).toBe(6 - (completeness?.targetsOk ?? 0));
    for (const { status } of completeness?.failures ?? []) expect([4, 14]).toContain(status?.code);
  });

  it("a partial answer without any target is an error", async () => {
    await expect(searchOne(lost[0] ?? "", { allowPartial: true })).rejects.toThrow(/shard \d+/);
  });

  it("a write to a lost worker is refused or unknown, never acknowledged", async () => {
    const record = { namespace: lost[0] ?? "", key: "while away", vector };
    await expect(
      coordinator.client.vector.upsert({ records: [record] }, { deadlineMs: DEADLINE_MS }),
    ).rejects.toMatchObject({
      failure: { status: expect.stringMatching(/^(UNAVAILABLE|DEADLINE_EXCEEDED|UNKNOWN)$/) },
    });
  });

  it("requests to the other workers are not delayed by many that wait for the lost one", async () => {
    let ended = 0;
    const doomed = Array.from({ length: 40 }, () =>
      searchOne(lost[0] ?? "").catch(() => {
        ended += 1;
      }),
    );
    let endedBefore: number | undefined;
    for (let i = 0; i < 200; i += 1) {
      const namespace = kept[i % kept.length] ?? "";
      expect((await searchOne(namespace)).hits.map((hit) => hit.namespace)).toEqual([namespace]);
      endedBefore ??= ended;
    }
    await Promise.all(doomed);
    expect(ended).toBe(40);
    // A stopped server refuses at once.
    if (state === "frozen") expect(endedBefore).toBe(0);
  });

  it("the coordinator stays ready and lists the node group that is down", async () => {
    const isDown = async () => (await coordinator.http("/readyz")).body.includes('"groupsDown":[3]');
    await waitFor(isDown, { what: "the group to be listed", timeoutMs: 30_000 });
    expect(await coordinator.http("/readyz")).toMatchObject({ status: 200 });
  });
});

describe("the worker's return", () => {
  it("searches are complete again when the lost worker is back", async () => {
    await waitFor(
      () =>
        searchAll().then(
          () => true,
          () => false,
        ),
      { what: "complete answers", timeoutMs: 30_000 },
    );
    const { hits, completeness } = await searchAll();
    expect(new Set(hits.map(({ namespace }) => namespace))).toEqual(new Set(NAMESPACES));
    expect(completeness?.complete).toBe(true);
  });
});
