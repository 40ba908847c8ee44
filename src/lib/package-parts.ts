/** What an installed package has, for code that uses private parts of it. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Those of `paths`, such as `client.connection.stream`, that lead to nothing in `root`. */
export function missingParts(root: object, paths: readonly string[]): readonly string[] {
  return paths.filter((path) => {
    let value: unknown = root;
    for (const name of path.split(".")) {
      if (Object(value) !== value || !(name in (value as object))) return true;
      value = (value as Record<string, unknown>)[name];
    }
    return false;
  });
}

/** The version of a package as this program loads it; `?` when it cannot be found. */
export function installedVersion(name: string): string {
  let folder = dirname(createRequire(import.meta.url).resolve(name));
  while (!existsSync(join(folder, "package.json"))) {
    if (dirname(folder) === folder) return "?";
    folder = dirname(folder);
  }
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return version ?? "?";
}
