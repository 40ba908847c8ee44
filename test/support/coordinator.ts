/** A whole coordinator in the test process, with a client connected to it. */
import { type Client, createClient } from "../../src/client/client.ts";
import { loadConfig } from "../../src/config/load.ts";
import { startCoordinator } from "../../src/coordinator/coordinator.ts";
import { migrateCluster } from "../../src/coordinator/migrate-cluster.ts";
import type { Logger } from "../../src/lib/logger.ts";
import { parseExposition } from "./exposition.ts";
import { silentLogger } from "./silent-logger.ts";

export interface TestCoordinator {
  readonly address: string;
  /** `host:port` of /metrics. */
  readonly httpAddress: string;
  readonly client: Client;
  /** Status and body of a page of the HTTP server. */
  http(path: string): Promise<{ readonly status: number; readonly body: string }>;
  /** The series of /metrics. */
  series(): Promise<ReadonlyMap<string, number>>;
  stop(): Promise<void>;
}

/** Settings as environment variables; listens on free ports by default. */
export async function startTestCoordinator(
  env: Readonly<Record<string, string>>,
  logger: Logger = silentLogger,
): Promise<TestCoordinator> {
  const config = loadConfig({
    env: { ORRERY_RPC_LISTEN: "127.0.0.1:0", ORRERY_HTTP_LISTEN: "127.0.0.1:0", ...env },
  });
  const coordinator = await startCoordinator(config, logger);
  const client = createClient(coordinator.address);
  const http = async (path: string) => {
    const response = await fetch(`http://${coordinator.httpAddress}${path}`);
    return { status: response.status, body: await response.text() };
  };
  return {
    address: coordinator.address,
    httpAddress: coordinator.httpAddress,
    client,
    http,
    series: async () => parseExposition((await http("/metrics")).body),
    async stop() {
      client.close();
      await coordinator.stop();
    },
  };
}

/** `orrery migrate` with these settings; returns what it did, a sentence each. */
export function runMigrate(env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  return migrateCluster(loadConfig({ env }), silentLogger);
}

/** Numbers as the client sends them. */
export function f32(values: ArrayLike<number>): { readonly f32Le: Uint8Array } {
  return { f32Le: new Uint8Array(Float32Array.from(values).buffer) };
}
