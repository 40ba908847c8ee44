import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, describe, expect, it } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { packageRoot } from "../../src/lib/package-root.ts";
import { f32, startTestCoordinator } from "../support/coordinator.ts";
import { freePort } from "../support/free-port.ts";
import { createTempFolder } from "../support/temp-folder.ts";
import { waitFor } from "../support/wait-for.ts";

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

/** `orrery serve` on a data folder, as a process of its own. */
async function serve(data: string) {
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(process.execPath, [join(packageRoot(), "dist/src/main.js"), "serve"], {
    env: {
      PATH: process.env.PATH,
      ORRERY_EMBEDDED_DATA: data,
      ORRERY_RPC_LISTEN: address,
      ORRERY_HTTP_LISTEN: "127.0.0.1:0",
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  children.push(child);
  return { child, address, stderr: text(child.stderr) };
}

const record = (key: string) => ({
  namespace: "notes",
  key,
  value: `value of ${key}`,
  vector: f32([1, 2, 3]),
});

describe("a data folder", () => {
  it("a data folder keeps collections and records over a restart, and what was deleted stays deleted", async () => {
    const env = { ORRERY_EMBEDDED_DATA: createTempFolder() };
    const first = await startTestCoordinator(env);
    await first.client.collection.createCollection({ collection: { name: "kept", dimension: 3 } });
    await first.client.vector.upsert({ collection: "kept", records: [record("a"), record("b")] });
    await first.client.vector.delete({ collection: "kept", records: [{ namespace: "notes", key: "b" }] });
    await first.client.collection.deleteCollection({ name: "memory_entries" });
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
  });

  it("a data folder is refused to a second process and keeps all acknowledged records when the first is killed", async () => {
    const data = createTempFolder();
    const first = await serve(data);
    const client = createClient(first.address);
    await waitFor(() => client.collection.getCollection({ name: "memory_entries" }), {
      what: "the first process",
    });
    await client.collection.createCollection({ collection: { name: "kept", dimension: 3 } });

    const second = await serve(data);
    const [code] = await once(second.child, "exit");
    expect(code).not.toBe(0);
    expect(await second.stderr).toContain(`in use by process ${first.child.pid}`);

    const keys = Array.from({ length: 200 }, (_, i) => `key-${i}`);
    await Promise.all(
      keys.map((key) => client.vector.upsert({ collection: "kept", records: [record(key)] })),
    );
    first.child.kill("SIGKILL");
    await once(first.child, "exit");
    client.close();

    const third = await startTestCoordinator({ ORRERY_EMBEDDED_DATA: data });
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
  });
});
