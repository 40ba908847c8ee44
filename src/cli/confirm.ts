import { createInterface } from "node:readline/promises";
import type { CliContext } from "./context.ts";
import { CommandFailed, UsageError } from "./exit.ts";

/**
 * Returns when the user agrees to destroy `what`: by `--yes`, or by answering on a terminal. Throws
 * otherwise.
 */
export async function confirm(context: CliContext, yes: boolean | undefined, what: string): Promise<void> {
  if (yes) return;
  if (!context.stdin.isTTY) throw new UsageError(`this deletes ${what}: add --yes`);
  const terminal = createInterface({ input: context.stdin, output: context.stderr });
  try {
    const answer = await terminal.question(`Delete ${what}? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandFailed("nothing was deleted");
  } finally {
    terminal.close();
  }
}
