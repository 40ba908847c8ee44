import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { Command } from "commander";
import { expect, it } from "vitest";
import { createProgram } from "../../../src/cli/program.ts";
import { packageRoot } from "../../../src/lib/package-root.ts";

/** Commands that do something, as typed: `orrery nodes list`. */
function leaves(command: Command, before = ""): string[] {
  const words = `${before} ${command.name()}`.trim();
  if (command.commands.length === 0) return [words];
  return command.commands.flatMap((child) => leaves(child, words));
}

/** The program, that does nothing here. */
function program(): Command {
  const stream = new PassThrough();
  return createProgram(
    { stdin: stream, stdout: stream, stderr: stream, env: {} },
    {
      serve: async () => {},
      dev: async () => {},
      migrate: async () => [],
      check: () => {},
      inspect: () => Promise.reject(),
    },
  );
}

it("docs/cli.md lists exactly the commands there are", () => {
  const page = readFileSync(join(packageRoot(), "docs/cli.md"), "utf8");
  const documented = [...page.matchAll(/^\| `(orrery [a-z ]+)`/gm)].map(([, words]) => words);
  expect(documented.sort()).toEqual(leaves(program()).sort());
});

/** The README and all of docs/, by path from the package's root. */
const pages = [
  "README.md",
  ...["docs", "docs/runbooks"].flatMap((folder) =>
    readdirSync(join(packageRoot(), folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `${folder}/${name}`),
  ),
];

/** What a page tells to type: "orrery nodes list". */
function typedIn(page: string): string[] {
  const text = readFileSync(join(packageRoot(), page), "utf8");
  return [...text.matchAll(/`(orrery [a-z][^`]*)`/g)].map(([, typed = ""]) => typed);
}

it.each(["docs/", "docs/runbooks/"])("commands are found in the pages of %s", (folder) => {
  const inside = pages.filter((page) => page.slice(0, page.lastIndexOf("/") + 1) === folder);
  expect(inside.flatMap(typedIn)).not.toEqual([]);
});

it.each(pages)("%s names only commands and options there are", (page) => {
  for (const typed of typedIn(page)) {
    const words = typed.split(/\s+/);
    let command: Command | undefined = program();
    for (const word of words.slice(1).filter((word) => /^[a-z]+$/.test(word))) {
      if (command === undefined || command.commands.length === 0) break;
      command = command.commands.find((child) => child.name() === word);
    }
    expect(command, typed).toBeDefined();
    const options = [...(command?.options ?? []), ...program().options].map(({ long }) => long);
    expect(options, typed).toEqual(expect.arrayContaining(words.filter((word) => word.startsWith("--"))));
  }
});
