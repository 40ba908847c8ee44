/** A whole coordinator of the present sources, with a client connected to it. */
import { type Client, createClient } from "../../src/client/client.ts";
import { loadConfig } from "../../src/config/load.ts";
import { startCoordinator } from "../../src/coordinator/coordinator.ts";
import type { Logger } from "../../src/lib/logger.ts";
import { silentLogger } from "./stack.ts";

export interface TestCoordinator {
  readonly address: string;
  /** `host:port` of /metrics. */
  readonly httpAddress: string;
  readonly client: Client;
  /** Status and JSON body of a page of the HTTP server. */
  http(path: string): Promise<{ readonly status: number; readonly body: string }>;
  stop(): Promise<void>;
}

/** Settings as environment variables; listens on free ports unless told otherwise. */
export async function startTestCoordinator(
  env: Readonly<Record<string, string>>,
  logger: Logger = silentLogger,
): Promise<TestCoordinator> {
  const config = loadConfig({
    env: { ORRERY_RPC_LISTEN: "127.0.0.1:0", ORRERY_HTTP_LISTEN: "127.0.0.1:0", ...env },
  });
  const coordinator = await startCoordinator(config, logger);
  const client = createClient(coordinator.address);
  return {
    address: coordinator.address,
    httpAddress: coordinator.httpAddress,
    client,
    async http(path) {
      const response = await fetch(`http://${coordinator.httpAddress}${path}`);
      return { status: response.status, body: await response.text() };
    },
    async stop() {
      client.close();
      await coordinator.stop();
    },
  };
}

/** Numbers as the client sends them. */
export function f32(values: ArrayLike<number>): { readonly f32Le: Uint8Array } {
  return { f32Le: new Uint8Array(Float32Array.from(values).buffer) };
}
