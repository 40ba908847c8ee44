/** What the documents point at exists. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../src/lib/package-root.ts";

const root = packageRoot();
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const pages = [
  ...readdirSync(root),
  ...["docs", "examples"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  ),
].filter((name) => name.endsWith(".md"));

it("finds the pages that a reader looks for first", () => {
  expect(pages).toEqual(
    expect.arrayContaining(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]),
  );
});

describe.each(pages)("%s", (page) => {
  const text = readFileSync(join(root, page), "utf8");
  const captured = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, found]) => String(found));

  it("mentions only scripts of package.json", () => {
    const mentioned = captured(/\bnpm (?:run (?:--?[a-z-]+ )*)?([a-z:]+)\b/g).filter(
      (word) => !["ci", "install", "link", "package"].includes(word),
    );
    expect(mentioned.filter((name) => !(name in scripts))).toEqual([]);
  });

  it("links only to files that are there", () => {
    const targets = captured(/\]\(([^)#\s]+)[^)]*\)/g).filter((target) => !/^[a-z]+:/.test(target));
    expect(targets.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
  });

  it("imports only compiled files that have a source", () => {
    const imported = captured(/from "\.\/dist\/([\w./-]+)\.js"/g).map((name) => `${name}.ts`);
    expect(imported.filter((name) => !existsSync(join(root, name)))).toEqual([]);
  });

  it("names only source files that are there", () => {
    const named = captured(/`([\w./-]+\/[\w.-]+\.(?:ts|mjs|cjs|sql|md|proto))`/g);
    const places = (name: string) =>
      [root, join(root, "src"), join(root, dirname(page))].map((at) => join(at, name));
    expect(named.filter((name) => !places(name).some((path) => existsSync(path)))).toEqual([]);
  });
});

it("has the table of imports in ARCHITECTURE.md that the lint rule enforces", () => {
  const { forbidden } = createRequire(import.meta.url)(join(root, ".dependency-cruiser.cjs"));
  const rules = (forbidden as readonly { readonly name: string; readonly comment: string }[]).flatMap(
    ({ name, comment }) => {
      const room = /^imports-of-((?!bench\/).*)$/.exec(name)?.[1];
      if (room === undefined) return [];
      const allowed = comment
        .replace(/^.* may import only /, "")
        .split(", ")
        .filter((other) => !["itself", "errors.ts", "lib"].includes(other));
      return [[room, allowed.length > 15 ? ["every room"] : allowed.sort()] as const];
    },
  );
  const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  const table = text.slice(text.indexOf("### Who may import whom"), text.indexOf("## Invariants"));
  const rows = [...table.matchAll(/^\| `([\w/.]+)` \| (.*) \| (.*) \|$/gm)].map(
    ([, room = "", from = "", types = ""]) => {
      const namesIn = (cell: string) => (cell === "–" ? [] : cell.split(", "));
      const allowed = [...namesIn(from), ...namesIn(types).map((name) => `types of ${name}`)].sort();
      return [room, /every room/.test(`${from}${types}`) ? ["every room"] : allowed] as const;
    },
  );
  expect(rows.length).toBeGreaterThan(20);
  expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(rules));
});
