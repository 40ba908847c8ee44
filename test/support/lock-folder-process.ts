/** A process that locks folders when it is asked to. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { packageRoot } from "../../src/lib/package-root.ts";

/** Locks the folder of each line it reads, at the time (milliseconds since 1970) that stands before it. */
const PROGRAM = `
const { createInterface } = await import("node:readline");
const { lockFolder } = await import(process.argv[1]);
const unlocks = new Map();
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const [atMs, folder] = line.split(" ");
  if (atMs === "unlock") {
    unlocks.get(folder)();
    console.log("unlocked");
    continue;
  }
  while (Date.now() < Number(atMs));
  try {
    unlocks.set(folder, await lockFolder(folder));
    console.log("locked");
  } catch (error) {
    console.log(error.message);
  }
}`;

export interface LockFolderProcess {
  readonly pid: number;
  /** "locked", or why not. */
  lock(folder: string, atMs?: number): Promise<string>;
  unlock(folder: string): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

export async function startLockFolderProcess(): Promise<LockFolderProcess> {
  const compiled = join(packageRoot(), "dist/src/shards/pglite/pglite-folder-lock.js");
  const child: ChildProcess = spawn(process.execPath, ["--input-type=module", "--eval", PROGRAM, compiled], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const onExit = () => child.kill("SIGKILL");
  process.once("exit", onExit);
  const gone = once(child, "exit").then(() => process.off("exit", onExit));
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const answer = async () => String((await lines.next()).value);
  await answer();
  const ask = (line: string) => {
    child.stdin?.write(`${line}\n`);
    return answer();
  };
  return {
    pid: child.pid ?? 0,
    lock: (folder, atMs = 0) => ask(`${atMs} ${folder}`),
    async unlock(folder) {
      await ask(`unlock ${folder}`);
    },
    signal: (name) => void child.kill(name),
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}
