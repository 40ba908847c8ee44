/** The one way an identifier gets into SQL text. Throws on names PostgreSQL would cut off or cannot hold. */
export function quoteIdentifier(name: string): string {
  if (name === "" || name.includes("\0") || Buffer.byteLength(name, "utf8") > 63) {
    throw new RangeError(`not an identifier: ${JSON.stringify(name)}`);
  }
  return `"${name.replaceAll('"', '""')}"`;
}
