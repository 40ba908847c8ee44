import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { createProgram } from "../../../src/cli/program.ts";
import { packageRoot } from "../../../src/lib/package-root.ts";

/** Commands that do something, as typed: `orrery nodes list`. */
function leaves(command: Command, before = ""): string[] {
  const words = `${before} ${command.name()}`.trim();
  if (command.commands.length === 0) return [words];
  return command.commands.flatMap((child) => leaves(child, words));
}

test("docs/cli.md lists exactly the commands there are", () => {
  const stream = new PassThrough();
  const program = createProgram(
    { stdin: stream, stdout: stream, stderr: stream, env: {} },
    { serve: async () => {}, dev: async () => {}, migrate: async () => [], inspect: () => Promise.reject() },
  );
  const page = readFileSync(join(packageRoot(), "docs/cli.md"), "utf8");
  const documented = [...page.matchAll(/^\| `(orrery [a-z ]+)`/gm)].map(([, words]) => words);
  expect(documented.sort()).toEqual(leaves(program).sort());
});
