/** A server as a child process: unprivileged, logging to a file, ended with the test process. */
import { execFileSync, spawn } from "node:child_process";
import { chownSync, closeSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { waitFor } from "./wait-for.ts";

/**
 * Spawn options for servers: as `postgres` when this process is root, since PostgreSQL refuses root.
 */
export function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (option: string) => Number(execFileSync("id", [option, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** Gives a folder made by this process to the user that servers run as. */
export function giveToServers(folder: string): void {
  const { uid, gid } = unprivileged();
  if (uid === undefined || gid === undefined) return;
  for (const path of ["", ...readdirSync(folder, { recursive: true, encoding: "utf8" })]) {
    chownSync(join(folder, path), uid, gid);
  }
}

export interface ServerProcess {
  readonly pid: number;
  readonly running: boolean;
  /** The last lines of its log, for error messages. */
  logTail(): string;
  /** Sends `signal` and waits until the process is gone; after `graceMs` it is killed. */
  end(signal: NodeJS.Signals, graceMs: number): Promise<void>;
}

/**
 * Starts `command` with its files in `folder` (made by `createTempFolder`) and its log in `<folder>/log`.
 * `env` is added to this process's environment.
 */
export function startServerProcess(
  command: string,
  args: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>> = {},
): ServerProcess {
  const logFile = join(folder, "log");
  const pidFile = join(folder, "server.pid");
  const log = openSync(logFile, "a");
  const child = spawn(command, args, {
    cwd: folder,
    stdio: ["ignore", log, log],
    detached: true,
    env: { ...process.env, ...env },
    ...unprivileged(),
  });
  closeSync(log);
  const pid = child.pid;
  if (pid === undefined) throw new Error(`cannot start ${command}`);
  writeFileSync(pidFile, String(pid));
  child.unref();

  let running = true;
  child.once("exit", () => {
    running = false;
    rmSync(pidFile, { force: true });
  });
  const gone = (timeoutMs: number) =>
    waitFor(() => !running, { timeoutMs, what: `the end of ${command} (${pid})` });

  return {
    pid,
    get running() {
      return running;
    },
    logTail: () => readFileSync(logFile, "utf8").split("\n").slice(-20).join("\n"),
    async end(signal, graceMs) {
      if (!running) return;
      process.kill(pid, signal);
      await gone(graceMs).catch(() => {
        if (running) process.kill(pid, "SIGKILL");
        return gone(10_000);
      });
    },
  };
}

/**
 * Waits until `isReady` holds for a server just started; throws at once, with its log, when it ends instead.
 */
export async function waitUntilReady(
  server: ServerProcess,
  isReady: () => Promise<unknown>,
  what: string,
): Promise<void> {
  const probe = async () => {
    if (server.running) await isReady();
    return true;
  };
  await waitFor(probe, { timeoutMs: 60_000, intervalMs: 50, what }).catch((error) => {
    throw new Error(`${what} did not start:\n${server.logTail()}`, { cause: error });
  });
  if (!server.running) throw new Error(`${what} ended while starting:\n${server.logTail()}`);
}
