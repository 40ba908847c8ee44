/** Where results go, and what they must say of the machine they are from. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { packageRoot, packageVersion } from "../../src/lib/package-root.ts";

export function resultsFolder(...parts: readonly string[]): string {
  return join(packageRoot(), "bench/results", ...parts);
}

/** Returns the path. */
export function writeResult(name: string, text: string): string {
  mkdirSync(resultsFolder(), { recursive: true });
  const file = resultsFolder(name);
  writeFileSync(file, text);
  return file;
}

export function machine() {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    orrery: packageVersion(),
    commit: commitOf(packageRoot()),
    startedAt: new Date().toISOString(),
  };
}

/** Short, of the checkout in that folder. */
export function commitOf(folder: string): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], {
      encoding: "utf8",
      cwd: folder,
    }).trim();
  } catch {
    return "unknown";
  }
}
