/** What the documents point at exists. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { packageRoot } from "../../src/lib/package-root.ts";

const root = packageRoot();
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const pages = [
  ...readdirSync(root),
  ...["docs", "examples"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  ),
].filter((name) => name.endsWith(".md"));

test("there are pages, the first ones a reader looks for among them", () => {
  expect(pages).toEqual(
    expect.arrayContaining(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]),
  );
});

describe.each(pages)("%s", (page) => {
  const text = readFileSync(join(root, page), "utf8");
  const captured = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, found]) => String(found));

  test("mentions only scripts of package.json", () => {
    const mentioned = captured(/\bnpm (?:run (?:--?[a-z-]+ )*)?([a-z:]+)\b/g).filter(
      (word) => !["ci", "install", "link", "package"].includes(word),
    );
    expect(mentioned.filter((name) => !(name in scripts))).toEqual([]);
  });

  test("links only to files that are there", () => {
    const targets = captured(/\]\(([^)#\s]+)[^)]*\)/g).filter((target) => !/^[a-z]+:/.test(target));
    expect(targets.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
  });

  test("names only source files that are there", () => {
    const named = captured(/`([\w./-]+\/[\w.-]+\.(?:ts|mjs|cjs|sql|md|proto))`/g);
    const places = (name: string) =>
      [root, join(root, "src"), join(root, dirname(page))].map((at) => join(at, name));
    expect(named.filter((name) => !places(name).some((path) => existsSync(path)))).toEqual([]);
  });
});
