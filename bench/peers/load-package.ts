/** Packages that are not this project's: from a folder that `installPackage` filled. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** `T`: as much of the package as is used. */
export async function loadPackage<T>(modules: string, name: string): Promise<T> {
  const file = createRequire(join(modules, "package.json")).resolve(name);
  const loaded: T & { readonly default?: T } = await import(pathToFileURL(file).href);
  // Named exports of CommonJS are found only where they can be seen without running it.
  return loaded.default === undefined ? loaded : { ...loaded.default, ...loaded };
}
