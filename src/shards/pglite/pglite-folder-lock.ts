/**
 * Locks a data folder, which two processes would corrupt: PGlite itself does not check. The lock is a file
 * with the id and start time of its process; the lock of a dead process is taken over. Processes that cannot
 * see each other (containers sharing a volume) are not protected from each other.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OrreryError } from "../../errors.ts";

interface Holder {
  readonly pid: number;
  /** Milliseconds since 1970. After a restart of its container another process may have the same pid. */
  readonly startedAtMs: number;
}

/** Returns the function that unlocks it. Throws CONFIG_INVALID while a live process holds the lock. */
export function lockFolder(folder: string): () => void {
  const path = join(folder, "orrery.lock");
  const self: Holder = { pid: process.pid, startedAtMs: Math.round(performance.timeOrigin) };
  if (!tryWrite(path, self)) {
    const holder = readHolder(path);
    if (holder !== undefined && isAlive(holder, self)) {
      throw new OrreryError("CONFIG_INVALID", `data folder ${folder} is in use by process ${holder.pid}`);
    }
    rmSync(path, { force: true });
    if (!tryWrite(path, self))
      throw new OrreryError("CONFIG_INVALID", `data folder ${folder} was just taken by another process`);
  }
  return () => rmSync(path, { force: true });
}

function tryWrite(path: string, holder: Holder): boolean {
  try {
    writeFileSync(path, JSON.stringify(holder), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** undefined when the file is gone or incomplete. */
function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}

function isAlive(holder: Holder, self: Holder): boolean {
  if (holder.pid === self.pid) return holder.startedAtMs === self.startedAtMs;
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is alive, and belongs to another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
