/**
 * What is refused before anything starts: by a coordinator, and what concerns the configuration alone by
 * `orrery config check` too. Part of the composition root.
 */
import { createServer, type Server } from "node:net";
import type { Config } from "../config/load.ts";
import { OrreryError } from "../errors.ts";
import { listen } from "../lib/listen.ts";
import { checkSchedule } from "../operations/schedule.ts";

/** What the schema of the configuration cannot judge. Throws CONFIG_INVALID naming the setting. */
export function checkConfig({ rebalance }: Config): void {
  if (rebalance.schedule !== undefined) checkSchedule(rebalance.schedule);
}

/**
 * Throws CONFIG_INVALID naming the setting of an address that cannot be listened on. Asked first: starting
 * the storage takes seconds, and gRPC prints a line of its own for a port that is taken.
 */
export async function checkListenAddresses({ rpc, http }: Pick<Config, "rpc" | "http">): Promise<void> {
  const bound: Server[] = [];
  try {
    // Both are held at once, so that one address for two servers is found too.
    for (const [setting, address] of [
      ["rpc.listen", rpc.listen],
      ["http.listen", http.listen],
    ] as const) {
      const server = createServer();
      await listen(server, address).catch((cause: unknown) => {
        throw cannotListen(setting, address, cause);
      });
      bound.push(server);
    }
  } finally {
    await Promise.all(bound.map((server) => new Promise((closed) => server.close(closed))));
  }
}

/** CONFIG_INVALID that names the setting and says what to do. */
export function cannotListen(setting: string, address: string, cause: unknown): OrreryError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new OrreryError("CONFIG_INVALID", `${setting}: ${address} ${WHY[code ?? ""] ?? `(${message})`}`, {
    cause,
    details: { fields: [{ field: setting, description: message }] },
  });
}

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: "is in use already: stop what listens there, or set another address",
  EACCES: "needs rights this process does not have: set a port from 1024 on",
  EADDRNOTAVAIL: "is no address of this machine: set one that is, or 0.0.0.0 for all",
  ENOTFOUND: "has a host that cannot be resolved: set an address of this machine",
};
