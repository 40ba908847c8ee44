/** The Orrery coordinator under test, in a process of its own as in production. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../../src/lib/package-root.ts";
import { freePort } from "../../test/support/free-port.ts";
import { createTempFolder } from "../../test/support/temp-folder.ts";
import { waitFor } from "../../test/support/wait-for.ts";

export interface CoordinatorProcess {
  readonly address: string;
  readonly pid: number;
  /**
   * Calls of `method` since the start that did not end with OK, nor by the client (h2load drops its last
   * one).
   */
  failedCalls(method: string): Promise<number>;
  /** Calls of `method` since the start that ended with OK. */
  answeredCalls(method: string): Promise<number>;
  /** Of the JavaScript heap, in use. */
  heapMib(): Promise<number>;
  /** What Prometheus gets. */
  scrape(): Promise<string>;
  /** Ends it by SIGTERM, so that a profile is written. */
  stop(): Promise<void>;
}

export interface CoordinatorOptions {
  readonly citusUrl: string;
  /** undefined: what the recall target needs. */
  readonly efSearch: number | undefined;
  /** Variables beside those of this process. */
  readonly settings?: Readonly<Record<string, string>>;
  /**
   * Of its session, where Linux shares the cores out by session (sched_autogroup); negative ones need root.
   */
  readonly nice?: number;
  /** See programOf; absent: of this checkout. */
  readonly program?: string;
  /** Folder for a CPU profile of the whole life of the process. */
  readonly profileFolder?: string | undefined;
}

/** The compiled program of a checkout; absent: of this one. */
export function programOf(folder = packageRoot()): string {
  return join(folder, "dist/src/main.js");
}

/** Settings of this process's environment (`ORRERY_POOL_MAX` ...) hold for the coordinator too. */
function environment({ citusUrl, efSearch, settings }: CoordinatorOptions): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: citusUrl,
    ...(efSearch !== undefined && { ORRERY_QUERY_EF_SEARCH: String(efSearch) }),
    ORRERY_QUERY_STATISTICS_INTERVAL_MS: "3600000",
    ORRERY_LOG_LEVEL: process.env.ORRERY_LOG_LEVEL ?? "warn",
    ...settings,
  };
}

export async function migrate(options: CoordinatorOptions): Promise<void> {
  await promisify(execFile)(process.execPath, [programOf(), "migrate"], { env: environment(options) });
}

/**
 * Searches of a given width need no calibration, whose work beside them would be measured as theirs. Empty
 * for versions that have none.
 */
async function calibrationOff(program: string, env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const off = { ORRERY_RECALL_ENABLED: "false" };
  const check = promisify(execFile)(process.execPath, [program, "config", "check"], {
    env: { ...env, ...off },
  });
  return check.then(
    () => off,
    () => ({}),
  );
}

/** Resolves when it is ready. Row estimates are read once, at the start. */
export async function startCoordinator(options: CoordinatorOptions): Promise<CoordinatorProcess> {
  const address = `127.0.0.1:${await freePort()}`;
  const http = `http://127.0.0.1:${await freePort()}`;
  const { nice = 0, program = programOf(), efSearch } = options;
  const calibration = efSearch === undefined ? {} : await calibrationOff(program, environment(options));
  const profile =
    options.profileFolder === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", options.profileFolder];
  const child = spawn(process.execPath, [...profile, program, "serve"], {
    env: {
      ...environment(options),
      ...calibration,
      ORRERY_RPC_LISTEN: address,
      ORRERY_HTTP_LISTEN: http.replace("http://", ""),
    },
    stdio: ["ignore", "ignore", "inherit"],
    // A session of its own, as a service has: Linux shares the cores out by session, and each PostgreSQL
    // process has one.
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("cannot start the coordinator");
  // Ends it with this process, however that ends.
  const pidFile = join(createTempFolder(), "coordinator.pid");
  writeFileSync(pidFile, String(pid));
  child.once("exit", () => rmSync(pidFile, { force: true }));
  if (nice !== 0) writeFileSync(`/proc/${pid}/autogroup`, String(nice));
  const isReady = async () => {
    if (child.exitCode !== null) throw new Error("it ended");
    return (await fetch(`${http}/readyz`)).ok;
  };
  await waitFor(isReady, { what: "the coordinator to be ready" });
  const scrape = async () => (await fetch(`${http}/metrics`)).text();
  return {
    address,
    pid,
    scrape,
    failedCalls: async (method) =>
      countCalls(await scrape(), method, (code) => code !== "OK" && code !== "CANCELLED"),
    answeredCalls: async (method) => countCalls(await scrape(), method, (code) => code === "OK"),
    async heapMib() {
      const [, bytes] = /^nodejs_heap_size_used_bytes (\d+)$/m.exec(await scrape()) ?? [];
      return Number(bytes) / 2 ** 20;
    },
    async stop() {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
}

function countCalls(metrics: string, method: string, counts: (code: string) => boolean): number {
  return Array.from(metrics.matchAll(/^orrery_rpc_requests_total\{method="(.+)",code="(.+)"\} (\d+)$/gm))
    .filter(([, name, code]) => name === method && counts(code ?? ""))
    .reduce((sum, [, , , count]) => sum + Number(count), 0);
}
