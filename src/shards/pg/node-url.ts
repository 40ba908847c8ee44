/** Where a node is reached: the user, database and settings of the configured URL, at the node's address. */
import { OrreryError } from "../../errors.ts";

const NO_HOST = "no-host.invalid";

/** CONFIG_INVALID when the address of the node cannot be part of a URL. */
export function nodeUrl(url: string, name: string, addresses: Readonly<Record<string, string>>): string {
  const address = addresses[name] ?? name;
  const at = address.lastIndexOf(":");
  // Citus names IPv6 nodes without the brackets that URLs need.
  const host = address.slice(0, at).replace(/^\[(.*)\]$/, "$1");
  const result = new URL(url);
  // The setter ignores what is not a host, which would leave the configured server's in place.
  result.hostname = NO_HOST;
  result.hostname = host.includes(":") ? `[${host}]` : host;
  result.port = address.slice(at + 1);
  // Of the configured server, too, and they would win.
  for (const name of ["host", "port"]) {
    if (result.searchParams.has(name)) result.searchParams.delete(name);
  }
  if (result.hostname !== NO_HOST) return result.href;
  throw new OrreryError("CONFIG_INVALID", `node ${name}: ${address} is not host:port`, {
    details: { metadata: { node: name } },
  });
}
