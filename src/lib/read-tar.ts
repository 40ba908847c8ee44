/** One file or folder of an archive. */
export interface TarEntry {
  /** Its path as the archive has it. */
  readonly name: string;
  /** undefined: a folder. */
  readonly data: Buffer | undefined;
}

const BLOCK = 512;

/**
 * The entries of a plain tar archive in memory (`ustar`; no links, no names over 100 bytes). `tar-fs` needs
 * seven times as long for the same files, which is most of what a start may take. Throws for anything else.
 */
export function* readTar(archive: Buffer): Generator<TarEntry> {
  const field = (from: number, length: number) =>
    archive
      .toString("latin1", from, from + length)
      .split("\0", 1)
      .join("");
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const name = field(at, 100);
    if (name === "") return; // the blocks of zeros at the end
    const size = Number.parseInt(field(at + 124, 12), 8);
    const kind = field(at + 156, 1) || "0";
    const data = archive.subarray(at + BLOCK, at + BLOCK + size);
    if ((kind !== "0" && kind !== "5") || data.length !== size) {
      throw new Error(`the archive cannot be read at ${name}`);
    }
    yield { name, data: kind === "5" ? undefined : data };
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}
