/** A server of another project on this machine, for as long as a run lasts. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createTempFolder } from "../../test/support/temp-folder.ts";
import { waitFor } from "../../test/support/wait-for.ts";

export interface Command {
  readonly program: string;
  /** That come before those of a call. */
  readonly args: readonly string[];
}

export interface ServerProcess {
  readonly pid: number;
  stop(): Promise<void>;
}

const START_LIMIT_MS = 60_000;

/** `folder`: of its files; it is gone with this process, and so is the server, however this one ends. */
export function serverFolder(): string {
  return createTempFolder("orrery-peer");
}

/** Resolves when it listens on `port`; throws with what it said when it ends before. */
export async function startServer(
  { program, args }: Command,
  options: { readonly folder: string; readonly port: number; readonly args: readonly string[] },
): Promise<ServerProcess> {
  const { folder, port } = options;
  const log = join(folder, "server.log");
  const output = openSync(log, "w");
  // A session of its own, as a service has: Linux shares the cores out by session.
  const child = spawn(program, [...args, ...options.args], {
    cwd: folder,
    stdio: ["ignore", output, output],
    detached: true,
  });
  const failed = once(child, "error").then(([error]) => {
    throw error;
  });
  failed.catch(() => {});
  const { pid } = child;
  if (pid === undefined) return failed;
  const pidFile = join(folder, "server.pid");
  writeFileSync(pidFile, String(pid));
  child.once("exit", () => rmSync(pidFile, { force: true }));
  const isReady = async (): Promise<"ended" | "ready" | undefined> => {
    if (child.exitCode !== null) return "ended";
    return (await listens(port)) ? "ready" : undefined;
  };
  const state = await waitFor(isReady, { what: `${program} on port ${port}`, timeoutMs: START_LIMIT_MS });
  if (state === "ended") throw new Error(readFileSync(log, "utf8").trim().split("\n").slice(-2).join("; "));
  return {
    pid,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      // Nothing that it has is kept, and some do not end while clients are connected.
      child.kill("SIGKILL");
      await exited;
    },
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
