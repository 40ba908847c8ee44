/** A coordinator as a process of its own, with a client connected to it: what can be killed and frozen. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type Client, createClient } from "../../src/client/client.ts";
import { packageRoot } from "../../src/lib/package-root.ts";
import { freePort } from "./free-port.ts";
import { waitFor } from "./wait-for.ts";

export interface CoordinatorProcess {
  readonly client: Client;
  readonly address: string;
  readonly pid: number;
  readonly running: boolean;
  /** What it logged so far. */
  log(): string;
  isLeader(): Promise<boolean>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: its sockets stay open and nothing moves. */
  freeze(): void;
  thaw(): void;
}

/** Runs the compiled program with these settings, on free ports; resolves when it is ready. */
export async function startCoordinatorProcess(
  env: Readonly<Record<string, string>>,
): Promise<CoordinatorProcess> {
  const [rpcPort, httpPort] = [await freePort(), await freePort()];
  const address = `127.0.0.1:${rpcPort}`;
  const child = spawn(process.execPath, [join(packageRoot(), "dist/src/main.js"), "serve"], {
    env: { ...env, ORRERY_RPC_LISTEN: address, ORRERY_HTTP_LISTEN: `127.0.0.1:${httpPort}` },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk) => {
    log += chunk;
  });
  const onExit = () => child.kill("SIGKILL");
  process.once("exit", onExit);
  const isReady = async () => {
    if (child.exitCode !== null) throw new Error(log);
    return (await fetch(`http://127.0.0.1:${httpPort}/readyz`)).status === 200;
  };
  await waitFor(isReady, { what: "the coordinator to be ready", timeoutMs: 30_000 });
  const client = createClient(address);
  return {
    client,
    address,
    pid: child.pid ?? 0,
    get running() {
      return isRunning(child);
    },
    log: () => log,
    isLeader: async () => (await client.cluster.getClusterStatus({}, { deadlineMs: 1_000 })).leader,
    async kill() {
      process.off("exit", onExit);
      client.close();
      if (!isRunning(child)) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
  };
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}
