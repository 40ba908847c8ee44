/**
 * The compiled command line on a pseudo-terminal (made by `script`), as a person runs it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { packageRoot } from "../../src/lib/package-root.ts";

export interface TerminalRun {
  /** The output so far, with control sequences. */
  shown(): string;
  /** Types this; `\x03` is Ctrl-C. */
  type(text: string): void;
  /** Resolves with the exit code. */
  readonly ended: Promise<number>;
}

/** `args` must need no quoting in a shell. */
export function runOnTerminal(args: readonly string[], env: Readonly<Record<string, string>>): TerminalRun {
  const command = [process.execPath, join(packageRoot(), "dist/src/main.js"), ...args].join(" ");
  const child = spawn("script", ["--quiet", "--return", "--flush", "--command", command, "/dev/null"], {
    env: { PATH: process.env.PATH, TERM: "xterm", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  let shown = "";
  child.stdout.on("data", (chunk) => {
    shown += chunk;
  });
  return {
    shown: () => shown,
    type: (text) => void child.stdin.write(text),
    ended: once(child, "close").then(([code]) => code as number),
  };
}
