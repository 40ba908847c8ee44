import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config.ts";
import { migrateCluster } from "../../src/migrate-cluster.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { silentLogger } from "../support/stack.ts";

let cluster: CitusCluster;

const migrate = (url = cluster.adminUrl) =>
  migrateCluster(
    loadConfig({
      env: { ORRERY_ENGINE: "citus", ORRERY_CITUS_URL: url, ORRERY_COLLECTION_SHARDS: "2" },
    }),
    silentLogger,
  );

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 1 });
});

afterAll(() => cluster?.stop());

describe("migrating a Citus cluster", () => {
  it("makes it ready once, also when two do it at the same time", async () => {
    const applied = await Promise.all([migrate(), migrate()]);
    expect(applied.flat()).toEqual(["applied version 1", "applied version 2", "applied version 3"]);
    expect(await migrate()).toEqual([]);
    expect(await cluster.sql("SELECT name, shard_count FROM orrery.collections")).toEqual([
      { name: "memory_entries", shard_count: 2 },
    ]);
  });

  it("does not bring back a default collection that was deleted", async () => {
    await cluster.sql("DELETE FROM orrery.collections");
    expect(await migrate()).toEqual([]);
    expect(await cluster.sql("SELECT name FROM orrery.collections")).toEqual([]);
  });

  it("refuses a database newer than the program", async () => {
    await cluster.sql("UPDATE orrery.cluster SET schema_version = 99");
    await expect(migrate()).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/schema version 99/),
    });
    await cluster.sql("UPDATE orrery.cluster SET schema_version = 3");
  });

  it("refuses a database that is not UTF8, and one without Citus", async () => {
    await cluster.sql(
      "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0",
    );
    await expect(migrate(inDatabase("ascii"))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/UTF8/),
    });
    await cluster.sql("CREATE DATABASE plain TEMPLATE template0");
    await expect(migrate(inDatabase("plain"))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/no extension citus/),
    });
  });
});

function inDatabase(name: string): string {
  const url = new URL(cluster.adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}
