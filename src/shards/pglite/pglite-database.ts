/**
 * Opens the database of an embedded node. Making one takes PostgreSQL seconds of CPU, nearly all of it for
 * what is the same in every one, so the build makes that once and a new database starts as a copy of it.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { PGlite, type PGliteOptions } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { installedVersion } from "../../lib/package-parts.ts";
import { readTar } from "../../lib/read-tar.ts";

export interface PgliteDatabase {
  /** PGlite's own data folder, made when it is missing; undefined: in memory. */
  readonly dataFolder: string | undefined;
  /** PostgreSQL settings of its one session, as in `work_mem`. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * The file with the prepared database; it is for these very versions, so a file of others is not found. It
 * lies beside the compiled program.
 */
export function preparedFile(): URL {
  const versions = ["@electric-sql/pglite", "@electric-sql/pglite-pgvector"].map(installedVersion);
  return new URL(`./prepared-${versions.join("-")}.tar.gz`, import.meta.url);
}

/** Without the prepared file it is slower. Throws what PGlite throws. */
export async function openDatabase(
  { dataFolder, settings }: PgliteDatabase,
  prepared: URL = preparedFile(),
): Promise<PGlite> {
  const opened = await (dataFolder === undefined ? openInMemory(prepared) : openFolder(dataFolder, prepared));
  await opened.exec("CREATE EXTENSION IF NOT EXISTS vector; LOAD 'vector'");
  for (const [name, value] of Object.entries(settings)) {
    await opened.query("SELECT set_config($1, $2, false)", [name, value]);
  }
  return opened;
}

/** A database in which these statements were run, one after another, compressed. */
export async function prepareDatabase(statements: readonly string[]): Promise<Uint8Array> {
  const database = await open({});
  for (const statement of ["CREATE EXTENSION vector", ...statements]) await database.exec(statement);
  // A copy has nothing to recover then.
  await database.exec("CHECKPOINT");
  const archive = await database.dumpDataDir("gzip");
  await database.close();
  return new Uint8Array(await archive.arrayBuffer());
}

/** One whose creation was cut off would not open again, so it is marked until it is complete. */
async function openFolder(dataFolder: string, prepared: URL): Promise<PGlite> {
  const unfinished = `${dataFolder}.unfinished`;
  if (existsSync(unfinished)) rmSync(dataFolder, { recursive: true, force: true });
  else if (existsSync(dataFolder)) return open({ dataDir: dataFolder });
  writeFileSync(unfinished, "");
  if (existsSync(prepared)) extract(prepared, dataFolder);
  const created = await open({ dataDir: dataFolder });
  rmSync(unfinished);
  return created;
}

/** Done here, since PGlite takes three times as long. */
function extract(prepared: URL, dataFolder: string): void {
  mkdirSync(dataFolder, { mode: 0o700 });
  for (const { name, data } of readTar(unpack(prepared))) {
    const path = join(dataFolder, name);
    if (data === undefined) mkdirSync(path, { recursive: true, mode: 0o700 });
    else writeFileSync(path, data, { mode: 0o600 });
  }
}

function openInMemory(prepared: URL): Promise<PGlite> {
  return open(existsSync(prepared) ? { loadDataDir: new Blob([unpack(prepared)]) } : {});
}

/** PGlite decompresses too, at ten times the cost. */
function unpack(prepared: URL): Buffer<ArrayBuffer> {
  return gunzipSync(readFileSync(prepared));
}

function open(options: PGliteOptions): Promise<PGlite> {
  return PGlite.create({ ...options, extensions: { vector } });
}
