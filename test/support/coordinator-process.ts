/** A coordinator as a separate process, which a test can kill and freeze, with a client connected to it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type Client, createClient } from "../../src/client/client.ts";
import { packageRoot } from "../../src/lib/package-root.ts";
import { freePort } from "./free-port.ts";
import { waitFor } from "./wait-for.ts";

/** A process that may still be starting, or fail to. */
export interface SpawnedCoordinator {
  readonly address: string;
  /** `http://host:port` of /readyz and /metrics. */
  readonly httpUrl: string;
  readonly pid: number;
  readonly running: boolean;
  /** Its exit code, or the signal that ended it; resolves when its log is complete. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** What it logged so far. */
  log(): string;
  signal(name: NodeJS.Signals): void;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

export interface CoordinatorProcess extends SpawnedCoordinator {
  readonly client: Client;
  isLeader(): Promise<boolean>;
  /** SIGSTOP: its sockets stay open and nothing moves. */
  freeze(): void;
  thaw(): void;
}

export interface SpawnOptions {
  /** Default: the compiled program of this checkout. */
  readonly program?: string;
  /** Args of Node before it. */
  readonly nodeArgs?: readonly string[];
}

/** Runs the program with these settings, on free ports; it is killed with the test process. */
export async function spawnCoordinator(
  env: Readonly<Record<string, string>>,
  { program = join(packageRoot(), "dist/src/main.js"), nodeArgs = [] }: SpawnOptions = {},
): Promise<SpawnedCoordinator> {
  const [rpcPort, httpPort] = [await freePort(), await freePort()];
  const address = `127.0.0.1:${rpcPort}`;
  const child = spawn(process.execPath, ["--trace-warnings", ...nodeArgs, program, "serve"], {
    env: { ...env, ORRERY_RPC_LISTEN: address, ORRERY_HTTP_LISTEN: `127.0.0.1:${httpPort}` },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk) => {
    log += chunk;
  });
  const onExit = () => child.kill("SIGKILL");
  // As refuse-leak-warnings.ts does for this process.
  child.once("close", () => {
    if (log.includes("MaxListenersExceededWarning")) throw new Error(`the coordinator leaks:\n${log}`);
  });
  process.once("exit", onExit);
  child.once("exit", () => process.off("exit", onExit));
  return {
    address,
    httpUrl: `http://127.0.0.1:${httpPort}`,
    pid: child.pid ?? 0,
    get running() {
      return isRunning(child);
    },
    ended: once(child, "close").then(([code, signal]) => code ?? signal),
    log: () => log,
    signal: (name) => void child.kill(name),
    async kill() {
      if (!isRunning(child)) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** The same, ready to serve. Throws its log when it ends instead. */
export async function startCoordinatorProcess(
  env: Readonly<Record<string, string>>,
  options?: SpawnOptions,
): Promise<CoordinatorProcess> {
  const spawned = await spawnCoordinator(env, options);
  const isReadyOrGone = async () =>
    !spawned.running || (await fetch(`${spawned.httpUrl}/readyz`)).status === 200;
  await waitFor(isReadyOrGone, { what: "the coordinator to be ready", timeoutMs: 90_000 });
  if (!spawned.running) throw new Error(`the coordinator ended while starting:\n${spawned.log()}`);
  const client = createClient(spawned.address);
  return {
    ...spawned,
    get running() {
      return spawned.running;
    },
    client,
    isLeader: async () => (await client.cluster.getClusterStatus({}, { deadlineMs: 1_000 })).leader,
    async kill() {
      client.close();
      await spawned.kill();
    },
    freeze: () => spawned.signal("SIGSTOP"),
    thaw: () => spawned.signal("SIGCONT"),
  };
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}
