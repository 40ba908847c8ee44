import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";

/**
 * Binds a server to `host:port` (an IPv6 host in brackets; port 0: any free one) and returns what was bound.
 */
export async function listen(server: Server, hostPort: string): Promise<string> {
  const at = hostPort.lastIndexOf(":");
  const host = hostPort.slice(0, at);
  server.listen({ host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(hostPort.slice(at + 1)) });
  await once(server, "listening");
  return `${host}:${(server.address() as AddressInfo).port}`;
}
