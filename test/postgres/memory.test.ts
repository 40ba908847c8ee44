/** A coordinator that is given 512 MiB, over real servers: what it holds through requests of every size. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runMigrate } from "../support/coordinator.ts";
import { type CoordinatorProcess, startCoordinatorProcess } from "../support/coordinator-process.ts";
import { startHostileConnections } from "../support/hostile-connections.ts";
import {
  countEnded,
  createLargeRequestClients,
  LARGE_REQUESTS,
  type LargeRequestClients,
  loadLargeRecords,
} from "../support/large-requests.ts";
import { peakMemory, percentile, type SmallSearches, searchDuring } from "../support/memory-load.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { waitFor } from "../support/wait-for.ts";

const MB = 2 ** 20;
const GIVEN = 512 * MB;

let server: PostgresServer;
let coordinator: CoordinatorProcess;
let clients: LargeRequestClients;

beforeAll(async () => {
  server = await startPostgres({ database: "orrery" });
  const env = {
    ORRERY_ENGINE: "postgres",
    ORRERY_POSTGRES_URLS: server.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
  };
  await runMigrate(env);
  coordinator = await startCoordinatorProcess({
    ...env,
    // What Node gives itself in a container of this size.
    NODE_OPTIONS: "--max-old-space-size=256",
    ORRERY_MEMORY_LIMIT: "512MB",
  });
  clients = createLargeRequestClients(coordinator.address);
  await loadLargeRecords(server, coordinator.client);
});

afterAll(async () => {
  clients?.close();
  await coordinator?.kill();
  await server?.stop();
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const work = Object.entries(LARGE_REQUESTS);
const all = () => Promise.all(work.map(([, run]) => run(clients)));
const peak = () => `peak ${Math.round(peakMemory(coordinator.pid) / MB)} MiB`;

describe("a coordinator that is given 512 MiB", () => {
  it.each(work)("survives %s within it", async (_, run) => {
    await run(clients);
    expect(coordinator.running, coordinator.log()).toBe(true);
    console.log(`${peak()}; ${countEnded(clients)}`);
    expect(peakMemory(coordinator.pid)).toBeLessThanOrEqual(GIVEN);
  });

  it("survives all of them at once, and answers small requests meanwhile", async () => {
    const searches = { address: coordinator.address, namespace: "small" };
    const quiet = await searchDuring(searches, () => pause(3_000));
    const busy = await searchDuring(searches, all);
    expect(coordinator.running, coordinator.log()).toBe(true);
    const p99 = ({ times }: SmallSearches) => `${percentile(times, 0.99).toFixed(1)} ms (${times.length})`;
    console.log(
      `${peak()}; small searches, p99: ${p99(quiet)} before, ${p99(busy)} meanwhile; ${countEnded(clients)}`,
    );
    expect([...quiet.errors, ...busy.errors]).toEqual([]);
    expect(peakMemory(coordinator.pid)).toBeLessThanOrEqual(GIVEN);
  });

  it("survives them beside clients that never finish what they begin, and answers small requests", async () => {
    const hostile = startHostileConnections({
      address: coordinator.address,
      http: coordinator.httpUrl.replace("http://", ""),
    });
    try {
      await waitFor(() => Object.keys(hostile.begun).length === HOSTILE_KINDS, { what: "all kinds" });
      const searches = { address: coordinator.address, namespace: "small" };
      const busy = await searchDuring(searches, async () => {
        await all();
        await pause(3_000);
      });
      expect(coordinator.running, coordinator.log()).toBe(true);
      console.log(`${peak()}; begun: ${JSON.stringify(hostile.begun)}; ${countEnded(clients)}`);
      expect(busy.errors).toEqual([]);
      expect(busy.times.length).toBeGreaterThan(0);
      expect(peakMemory(coordinator.pid)).toBeLessThanOrEqual(GIVEN);
    } finally {
      await hostile.stop();
    }
  });
});

const HOSTILE_KINDS = 5;
