/** What must hold on every engine when etcd is restored from a snapshot that is older than PostgreSQL. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { f32, runMigrate } from "../coordinator.ts";
import { type CoordinatorProcess, startCoordinatorProcess } from "../coordinator-process.ts";
import { type EtcdServer, startEtcd } from "../etcd-server.ts";
import { finished } from "../finished.ts";
import { waitFor } from "../wait-for.ts";

const RECORDS = 30;
/** Seconds; a killed coordinator is gone after so long. */
const LEASE_TTL = 5;

/** Servers with an empty schema. */
export interface RestoredStoreServers {
  readonly settings: Readonly<Record<string, string>>;
  /** One that holds the tables named `memory_entries...`, or a part of them that every deletion reads. */
  readonly url: string;
  stop(): Promise<void>;
}

export function describeRestoredStore(engine: string, start: () => Promise<RestoredStoreServers>): void {
  let servers: RestoredStoreServers;
  let etcd: EtcdServer;
  let settings: Record<string, string>;
  const processes: CoordinatorProcess[] = [];

  const serve = async () => {
    const process = await startCoordinatorProcess(settings);
    processes.push(process);
    return process;
  };
  beforeAll(async () => {
    [servers, etcd] = await Promise.all([start(), startEtcd()]);
    settings = {
      ...servers.settings,
      ORRERY_ETCD_ENDPOINTS: etcd.endpoints.join(),
      ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
      ORRERY_TOPOLOGY_LEASE_TTL_SECONDS: String(LEASE_TTL),
    };
    await runMigrate(settings);
  });
  afterAll(async () => {
    await Promise.all(processes.map((process) => process.kill()));
    await Promise.all([servers?.stop(), etcd?.stop()]);
  });

  /** Blocks every write of the default collection until the returned function is called. */
  const lockTables = async () => {
    const holder = new pg.Client({ connectionString: servers.url });
    await holder.connect();
    const { rows } = await holder.query(
      "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE tablename LIKE 'memory_entries%'",
    );
    await holder.query("BEGIN");
    for (const { name } of rows) await holder.query(`LOCK TABLE ${name} IN SHARE MODE`);
    return async () => {
      await holder.query("ROLLBACK");
      await holder.end();
    };
  };
  const write = ({ client }: CoordinatorProcess, namespace: string) =>
    client.vector.upsert({
      records: Array.from({ length: RECORDS }, (_, i) => ({
        namespace,
        key: `k${i}`,
        vector: f32([1, i, 3]),
      })),
    });
  const count = async ({ client }: CoordinatorProcess, namespace: string) =>
    (await client.vector.count({ namespaces: [namespace] })).count;

  /** Deletes a namespace, with a snapshot of etcd that was saved meanwhile. */
  const deleteWithSnapshot = async (through: CoordinatorProcess, namespace: string) => {
    await write(through, namespace);
    const unlock = await lockTables();
    const { id, state } = await through.client.namespace.deleteNamespace({ namespace });
    expect(state).toBe("OPERATION_STATE_RUNNING");
    const snapshot = await etcd.snapshot();
    await unlock();
    const ended = await finished(through, { id });
    expect(ended).toMatchObject({ state: "OPERATION_STATE_DONE" });
    return { snapshot, ended };
  };
  const stateInStore = async (id: string) =>
    /"state":"(\w+)"/.exec(await etcd.get(`/orrery/operations/${id}`))?.[1];

  describe(`an etcd that was restored from an old snapshot, engine ${engine}`, () => {
    it("does not have an operation that has ended run again, and shows how it ended", async () => {
      const [own, other] = await Promise.all([serve(), serve()]);
      const { snapshot, ended } = await deleteWithSnapshot(own, "killed");
      await own.kill();
      await write(other, "killed");
      await etcd.restore(snapshot);
      expect(await stateInStore(ended.id)).toBe("running");
      await waitFor(async () => (await stateInStore(ended.id)) !== "running", {
        what: "the record to end",
        timeoutMs: 60_000,
      });
      expect(await count(other, "killed")).toBe(String(RECORDS));
      expect(await other.client.operation.getOperation({ id: ended.id })).toEqual(ended);
    });

    it("shows an operation as ended whose coordinator still lives", async () => {
      const own = await serve();
      const { snapshot, ended } = await deleteWithSnapshot(own, "alive");
      await write(own, "alive");
      await etcd.restore(snapshot);
      await waitFor(async () => (await stateInStore(ended.id)) !== "running", {
        what: "the record to end",
        timeoutMs: 60_000,
      });
      expect(await count(own, "alive")).toBe(String(RECORDS));
      expect(await own.client.operation.getOperation({ id: ended.id })).toEqual(ended);
    });
  });
}
