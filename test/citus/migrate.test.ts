import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { knownSchema } from "../../src/engines/read-migrations.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { f32, runMigrate, startTestCoordinator } from "../support/coordinator.ts";
import { type PostgresServer, runSql } from "../support/postgres-server.ts";

let cluster: CitusCluster;

const migrate = (url = cluster.adminUrl) =>
  runMigrate({ ORRERY_ENGINE: "citus", ORRERY_CITUS_URL: url, ORRERY_COLLECTION_SHARDS: "2" });

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 1 });
});

afterAll(() => cluster?.stop());

describe("a cluster set up as docs/deployment.md says", () => {
  const [, onEvery = "", onCoordinator = ""] = readFileSync("docs/deployment.md", "utf8")
    .split("```sql\n")
    .map((part) => part.split("\n```")[0]?.replaceAll(/--.*$/gm, ""));
  const statements = (text: string) => text.split(";").filter((statement) => statement.trim() !== "");
  const address = ({ host, port }: { readonly host: string; readonly port: number }) => `'${host}', ${port}`;
  const as = (user: string, url = inDatabase("trial")) => url.replace("postgres@", `${user}@`);

  it("servers set up by the guide can be migrated, searched and written to by its two roles, and a missing right is named with its fix", async () => {
    const servers = [cluster.coordinator, ...cluster.workers];
    const [create = "", extension = ""] = onEvery.replaceAll("orrery", "trial").split("\\connect trial");
    for (const server of servers) {
      await server.sql(create);
      await runSql(server.adminUrl.replace(/[^/]+$/, "trial"), extension);
    }
    const given = statements(
      onCoordinator
        .replaceAll("DATABASE orrery", "DATABASE trial")
        .replace("'node-0', 5432", address(servers[0] as PostgresServer))
        .replace("'node-1', 5432", address(servers[1] as PostgresServer)),
    );
    const later = given.findIndex((statement) => statement.includes("EXTENSION vector"));
    for (const statement of given.toSpliced(later, 1)) await runSql(inDatabase("trial"), statement);
    await expect(migrate(as("orrery_admin"))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/superuser, CREATE EXTENSION vector/),
    });
    await runSql(inDatabase("trial"), given[later] ?? "");
    await runSql(inDatabase("trial"), "REVOKE CREATE ON DATABASE trial FROM orrery_admin");
    await expect(migrate(as("orrery_admin"))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/permission denied for database trial.*deployment/),
    });
    await runSql(inDatabase("trial"), "GRANT CREATE ON DATABASE trial TO orrery_admin");
    expect(await migrate(as("orrery_admin"))).not.toEqual([]);
    expect(await migrate(as("orrery_admin"))).toEqual([]);

    const coordinator = await startTestCoordinator({
      ORRERY_ENGINE: "citus",
      ORRERY_CITUS_URL: as("orrery"),
      ORRERY_CITUS_ADMIN_URL: as("orrery_admin"),
    });
    try {
      const { vector } = coordinator.client;
      const own = f32(Array.from({ length: 384 }, (_, at) => at + 1));
      await vector.upsert({ records: [{ namespace: "notes", key: "n1", vector: own }] });
      const { hits } = await vector.search({ namespaces: ["notes"], vector: own });
      expect(hits).toMatchObject([{ key: "n1" }]);
    } finally {
      await coordinator.stop();
    }
  });
});

describe("migrating a Citus cluster", () => {
  it("a cluster is migrated once, even when two migrations run at the same time", async () => {
    const applied = await Promise.all([migrate(), migrate()]);
    const versions = Array.from({ length: knownSchema("citus") }, (_, at) => `applied version ${at + 1}`);
    expect(applied.flat()).toEqual(versions);
    expect(await migrate()).toEqual([]);
    expect(await cluster.sql("SELECT name, shard_count FROM orrery.collections")).toEqual([
      { name: "memory_entries", shard_count: 2 },
    ]);
  });

  it("migrating again does not bring back a default collection that was deleted", async () => {
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
    await cluster.sql("UPDATE orrery.cluster SET schema_version = $1", [knownSchema("citus")]);
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
