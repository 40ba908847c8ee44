import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/**
 * Binds a server to `host:port` (an IPv6 host in brackets; port 0: any free one) and returns what was bound.
 */
export async function listen(server: Server, hostPort: string): Promise<string> {
  const { shown, host, port } = partsOf(hostPort);
  server.listen({ host, port });
  await once(server, "listening");
  return `${shown}:${portOf(server)}`;
}

export interface Listening {
  /** `host:port`, the port as bound. */
  readonly address: string;
  /** Takes no new connections; those there are stay. */
  close(): void;
}

/**
 * Takes connections on every address of the host, as on both that `localhost` has. An address that this
 * machine lacks is left out while another one is bound. Rejects as `net.Server` fails.
 */
export async function listenOnAll(
  hostPort: string,
  onConnection: (socket: Socket) => void,
): Promise<Listening> {
  const { shown, host, port } = partsOf(hostPort);
  const servers: Server[] = [];
  const close = () => {
    for (const server of servers) server.close();
  };
  let bound = port;
  let missing: unknown;
  for (const { address } of await lookup(host, { all: true })) {
    const server = createServer(onConnection);
    try {
      server.listen({ host: address, port: bound });
      await once(server, "listening");
    } catch (error) {
      if (isMissing(error)) {
        missing = error;
        continue;
      }
      close();
      throw error;
    }
    servers.push(server);
    bound = portOf(server);
  }
  if (servers.length === 0) throw missing;
  return { address: `${shown}:${bound}`, close };
}

function partsOf(hostPort: string): { readonly shown: string; readonly host: string; readonly port: number } {
  const at = hostPort.lastIndexOf(":");
  const shown = hostPort.slice(0, at);
  return { shown, host: shown.replace(/^\[(.*)\]$/, "$1"), port: Number(hostPort.slice(at + 1)) };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT";
}
