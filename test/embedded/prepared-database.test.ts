import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { PGlite } from "@electric-sql/pglite";
import { expect, it } from "vitest";
import { readIdentity } from "../../src/engines/fixed/sql/node-registry.ts";
import { knownSchema } from "../../src/engines/read-migrations.ts";
import { openDatabase, preparedFile } from "../../src/shards/pglite/pglite-database.ts";
import type { Row } from "../../src/shards/statement.ts";
import { createTempFolder } from "../support/temp-folder.ts";

/** As `npm run build` leaves it: beside the compiled file, not beside this one's. */
const PREPARED = new URL(preparedFile().href.replace("/src/", "/dist/src/"));
const NONE = pathToFileURL("/no/prepared/file");
const SETTINGS = { work_mem: "8MB" };

/** Of a cluster that `initdb` makes it is the time, so no two have the same. */
async function identifierOf(database: PGlite): Promise<unknown> {
  const { rows } = await database.query("SELECT system_identifier::text AS id FROM pg_control_system()");
  return rows[0];
}

async function settingsOf(database: PGlite): Promise<unknown> {
  const { rows } = await database.query(
    `SELECT name, setting FROM pg_settings WHERE name NOT IN ('data_directory', 'config_file', 'hba_file', 'ident_file')
     ORDER BY name`,
  );
  return rows;
}

const record = "CREATE TABLE kept (v vector(3)); INSERT INTO kept VALUES ('[1,2,3]')";

it("a new database, in a folder or in memory, is a copy of the one that the build prepared, and kept like any other", async () => {
  expect(existsSync(PREPARED)).toBe(true);
  const dataFolder = join(createTempFolder(), "pgdata");
  const inMemory = await openDatabase({ dataFolder: undefined, settings: SETTINGS }, PREPARED);
  const first = await openDatabase({ dataFolder, settings: SETTINGS }, PREPARED);
  const identifier = await identifierOf(first);
  expect(await identifierOf(inMemory)).toEqual(identifier);
  await first.exec(record);
  await first.close();
  await inMemory.close();

  const second = await openDatabase({ dataFolder, settings: SETTINGS }, NONE);
  expect(await identifierOf(second)).toEqual(identifier);
  expect((await second.query("SELECT v::text, current_setting('work_mem') AS m FROM kept")).rows).toEqual([
    { v: "[1,2,3]", m: "8MB" },
  ]);
  await second.close();
});

it("a database is set up the same with and without the prepared one", async () => {
  const dataFolder = join(createTempFolder(), "pgdata");
  const copied = await openDatabase({ dataFolder: undefined, settings: SETTINGS }, PREPARED);
  const made = await openDatabase({ dataFolder, settings: SETTINGS }, NONE);
  expect(await settingsOf(made)).toEqual(await settingsOf(copied));
  expect(await identifierOf(made)).not.toEqual(await identifierOf(copied));
  await copied.close();
  await made.close();
});

it("a folder whose first start was cut off is made anew", async () => {
  const folder = createTempFolder();
  const dataFolder = join(folder, "pgdata");
  mkdirSync(dataFolder);
  writeFileSync(join(dataFolder, "PG_VERSION"), "18\n");
  writeFileSync(`${dataFolder}.unfinished`, "");
  const opened = await openDatabase({ dataFolder, settings: SETTINGS }, PREPARED);
  await opened.exec(record);
  await opened.close();
  expect(existsSync(`${dataFolder}.unfinished`)).toBe(false);
  const again = await openDatabase({ dataFolder, settings: SETTINGS }, PREPARED);
  expect((await again.query("SELECT count(*)::int AS n FROM kept")).rows).toEqual([{ n: 1 }]);
  await again.close();
});

it("the prepared database has the whole schema, and each copy of it gets an identity of its own", async () => {
  const copies = await Promise.all(
    ["one", "two"].map(async (name) => {
      const database = await openDatabase({ dataFolder: undefined, settings: SETTINGS }, PREPARED);
      const query = async (text: string, values: readonly unknown[] = []) =>
        (await database.query<Row>(text, [...values], { rowMode: "array" })).rows;
      return { name, database, query };
    }),
  );
  const identities = [];
  for (const { query, database } of copies) {
    expect(await query("SELECT max(version) FROM orrery.schema_versions")).toEqual([
      [knownSchema("postgres")],
    ]);
    expect(await query("SELECT FROM orrery.node")).toEqual([]);
    const taken = await readIdentity(query);
    expect(await readIdentity(query)).toEqual(taken);
    identities.push(taken);
    await database.close();
  }
  expect(identities).toEqual([
    { id: expect.stringMatching(/^[0-9a-f-]{36}$/), clusterId: null, group: null },
    { id: expect.stringMatching(/^[0-9a-f-]{36}$/), clusterId: null, group: null },
  ]);
  expect(new Set(identities.map(({ id }) => id)).size).toBe(2);
});
