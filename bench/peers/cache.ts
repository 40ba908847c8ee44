/** Programs and packages of others, kept from run to run, outside of the project. */
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The folder of that name in the user's cache; made if it is not there. */
export function cacheFolder(name: string): string {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const folder = join(base, "orrery-bench", name);
  mkdirSync(folder, { recursive: true });
  return folder;
}
