import { afterAll, describe, expect, it } from "vitest";
import { f32, startTestCoordinator } from "../support/coordinator.ts";
import {
  type SpawnedCoordinator,
  spawnCoordinator,
  startCoordinatorProcess,
} from "../support/coordinator-process.ts";
import { finished } from "../support/finished.ts";
import { createTempFolder } from "../support/temp-folder.ts";

/** Several requests to one PGlite session on a busy machine. */
const SLOW = { deadlineMs: 90_000 };
const PATIENT = { ORRERY_RPC_DEFAULT_DEADLINE_MS: "60000" };

/** Each of them starts the databases of three coordinators, one after another. */
const LIMIT_MS = 300_000;

const processes: SpawnedCoordinator[] = [];
afterAll(() => Promise.all(processes.map((process) => process.kill())));

const record = (key: string) => ({
  namespace: "notes",
  key,
  value: `value of ${key}`,
  vector: f32([1, 2, 3]),
});

describe("a data folder", () => {
  it(
    "a data folder keeps collections and records over a restart, and what was deleted stays deleted",
    async () => {
      const env = { ...PATIENT, ORRERY_EMBEDDED_DATA: createTempFolder() };
      const first = await startTestCoordinator(env);
      const { collection } = first.client;
      await finished(
        first,
        await collection.createCollection({ collection: { name: "kept", dimension: 3 } }),
      );
      await first.client.vector.upsert({ collection: "kept", records: [record("a"), record("b")] });
      await first.client.vector.delete({ collection: "kept", records: [{ namespace: "notes", key: "b" }] });
      await finished(first, await collection.deleteCollection({ name: "memory_entries" }));
      const before = await first.client.vector.get({
        collection: "kept",
        records: [{ namespace: "notes", key: "a" }],
      });
      await first.stop();

      const second = await startTestCoordinator(env);
      const after = await second.client.vector.get({
        collection: "kept",
        records: [{ namespace: "notes", key: "a" }],
      });
      expect(after).toEqual(before);
      expect(after.records).toHaveLength(1);
      const { hits } = await second.client.vector.search({
        collection: "kept",
        allNamespaces: true,
        vector: f32([1, 2, 3]),
      });
      expect(hits.map(({ key }) => key)).toEqual(["a"]);
      const { collections } = await second.client.collection.listCollections({});
      expect(collections.map(({ name }) => name)).toEqual(["kept"]);
      await second.stop();

      await expect(startTestCoordinator({ ...env, ORRERY_EMBEDDED_NODES: "1" })).rejects.toThrow(
        "not configured: node-2",
      );
    },
    LIMIT_MS,
  );

  it(
    "a data folder is refused to a second process and keeps all acknowledged records when the first is killed",
    async () => {
      const data = createTempFolder();
      const env = { ...PATIENT, ORRERY_EMBEDDED_DATA: data };
      const first = await startCoordinatorProcess(env);
      processes.push(first);
      const { client } = first;
      await finished(
        first,
        await client.collection.createCollection({ collection: { name: "kept", dimension: 3 } }, SLOW),
      );

      const second = await spawnCoordinator(env);
      processes.push(second);
      expect(await second.ended).toBeGreaterThan(0);
      expect(second.log()).toContain(`in use by process ${first.pid}`);

      const keys = Array.from({ length: 200 }, (_, i) => `key-${i}`);
      await Promise.all(
        keys.map((key) => client.vector.upsert({ collection: "kept", records: [record(key)] }, SLOW)),
      );
      await first.kill();

      const third = await startTestCoordinator(env);
      expect(await third.client.vector.count({ collection: "kept", allNamespaces: true })).toMatchObject({
        count: "200",
      });
      const { hits } = await third.client.vector.search({
        collection: "kept",
        allNamespaces: true,
        vector: f32([1, 2, 3]),
        topK: 1000,
      });
      expect(hits.map(({ key }) => key).sort()).toEqual([...keys].sort());
      await third.stop();
    },
    LIMIT_MS,
  );
});
