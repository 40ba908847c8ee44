/** Where a node is reached: the configured URL's user, database and settings at the node's own address. */
import { OrreryError } from "../../errors.ts";

const NO_HOST = "no-host.invalid";

/** CONFIG_INVALID when the address of the node cannot be part of a URL. */
export function nodeUrl(url: string, name: string, addresses: Readonly<Record<string, string>>): string {
  const address = addresses[name] ?? name;
  const at = address.lastIndexOf(":");
  // Citus names a node of IPv6 without the brackets that URLs need.
  const host = address.slice(0, at).replace(/^\[(.*)\]$/, "$1");
  const result = new URL(url);
  // The setter passes over what is no host, and the configured server would be asked instead.
  result.hostname = NO_HOST;
  result.hostname = host.includes(":") ? `[${host}]` : host;
  result.port = address.slice(at + 1);
  if (result.hostname !== NO_HOST) return result.href;
  throw new OrreryError("CONFIG_INVALID", `node ${name}: ${address} is not host:port`, {
    details: { metadata: { node: name } },
  });
}
