/** The numbered SQL files that bring a schema up to date. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../lib/package-root.ts";

export interface Migration {
  readonly version: number;
  readonly sql: string;
}

/** The files of a folder beside package.json, in order of their numbers. */
export function readMigrations(folder: "citus" | "postgres"): readonly Migration[] {
  const path = join(packageRoot(), folder);
  return readdirSync(path)
    .filter((name) => /^\d+_.*\.sql$/.test(name))
    .sort()
    .map((name) => ({ version: Number.parseInt(name, 10), sql: readFileSync(join(path, name), "utf8") }));
}

/** The newest version of the schema that this program can make. */
export function knownSchema(folder: "citus" | "postgres"): number {
  return readMigrations(folder).at(-1)?.version ?? 0;
}
