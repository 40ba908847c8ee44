/** Where a node is reached: the configured URL's user, database and settings at the node's own address. */
export function nodeUrl(url: string, name: string, addresses: Readonly<Record<string, string>>): string {
  const address = addresses[name] ?? name;
  const at = address.lastIndexOf(":");
  const result = new URL(url);
  result.hostname = address.slice(0, at);
  result.port = address.slice(at + 1);
  return result.href;
}
