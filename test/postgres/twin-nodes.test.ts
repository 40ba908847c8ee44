import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { checkCluster } from "../../src/doctor/check-cluster.ts";
import { inspectCluster } from "../../src/doctor/inspect-cluster.ts";
import { runMigrate, startTestCoordinator } from "../support/coordinator.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { silentLogger } from "../support/silent-logger.ts";
import { waitFor } from "../support/wait-for.ts";

let first: PostgresServer;
let second: PostgresServer;

const settingsOf = (urls: readonly string[]) => ({
  ORRERY_ENGINE: "postgres",
  ORRERY_POSTGRES_URLS: urls.join(","),
  ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
});

const alias = (url: string) => url.replace("127.0.0.1", "localhost");
const otherDatabase = (url: string) => url.replace(/[^/]+$/, "other");

/** What the doctor finds wrong with the nodes themselves. */
async function failures(urls: readonly string[]): Promise<readonly string[]> {
  const facts = await inspectCluster(loadConfig({ env: settingsOf(urls) }), silentLogger);
  return checkCluster(facts)
    .filter(({ what, verdict }) => verdict === "failed" && !what.includes(" "))
    .map(({ what, detail }) => `${what} ${detail}`);
}

/** Orrery's, in the other database of the first server. */
async function schemas(): Promise<readonly unknown[]> {
  const client = new pg.Client(otherDatabase(first.adminUrl));
  await client.connect();
  try {
    return (await client.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'orrery%'")).rows;
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  [first, second] = await Promise.all([startPostgres(), startPostgres()]);
  await runMigrate(settingsOf([first.url(), second.url()]));
  await first.sql("CREATE DATABASE other");
});

afterAll(() => Promise.all([first, second].map((server) => server?.stop())));

describe.each([
  ["one database by two addresses", (url: string) => alias(url), /is the same database as /],
  [
    "two databases of one server by two addresses",
    (url: string) => otherDatabase(alias(url)),
    /is another database on the server of /,
  ],
])("%s", (_, twinOf, problem) => {
  const urls = () => [first.url(), second.url(), twinOf(first.url())];
  const named = () =>
    new RegExp(
      `node localhost:${first.port} \\(postgres\\.urls\\[2\\]\\) ${problem.source}node ${first.host}:${first.port} \\(postgres\\.urls\\[0\\]\\)`,
    );

  it("a coordinator does not start with twins of a node, and names both", async () => {
    await expect(startTestCoordinator(settingsOf(urls()))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(named()),
    });
  });

  it("a migration refuses twins of a node before it changes anything", async () => {
    await expect(runMigrate(settingsOf(urls()))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(named()),
    });
    expect(await schemas()).toEqual([]);
  });

  it("the doctor names twins of a node", async () => {
    expect(await failures(urls())).toEqual([expect.stringMatching(problem)]);
  });
});

it("a copy of a node on another server is refused and named, as either might be asked for what only one has", async () => {
  const [row] = await second.sql("SELECT id FROM orrery.node");
  const [own] = await first.sql("SELECT id FROM orrery.node");
  const urls = [first.url(), second.url()];
  expect(await failures(urls)).toEqual([]);
  await second.sql("UPDATE orrery.node SET id = $1", [own?.id]);
  try {
    const copy = /postgres\.urls\[1\]\) is a copy of node .*postgres\.urls\[0\]/;
    await expect(startTestCoordinator(settingsOf(urls))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(copy),
    });
    await expect(runMigrate(settingsOf(urls))).rejects.toMatchObject({
      message: expect.stringMatching(copy),
    });
    expect(await failures(urls)).toEqual([expect.stringMatching(/is a copy of /)]);
  } finally {
    await second.sql("UPDATE orrery.node SET id = $1", [row?.id]);
  }
});

it("twins of which one did not answer at the start are reported once it does", async () => {
  const urls = [first.url(), second.url()];
  const [row] = await second.sql("SELECT id FROM orrery.node");
  const [own] = await first.sql("SELECT id FROM orrery.node");
  const often = { ORRERY_TOPOLOGY_CHECK_INTERVAL_MS: "500" };
  const coordinator = await startTestCoordinator({ ...settingsOf(urls), ...often });
  try {
    await second.sql("UPDATE orrery.node SET id = $1", [own?.id]);
    await waitFor(
      async () => {
        const { findings } = await coordinator.client.cluster.getClusterStatus({});
        return findings.some((finding) => /is a copy of node /.test(finding));
      },
      { what: "the finding" },
    );
  } finally {
    await second.sql("UPDATE orrery.node SET id = $1", [row?.id]);
    await coordinator.stop();
  }
});
