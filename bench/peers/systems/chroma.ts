/** Chroma's server, whose program is in its npm package. */
import { join } from "node:path";
import { freePort } from "../../../test/support/free-port.ts";
import { CHROMA_WIDTH } from "../adapter.ts";
import { installPackage } from "../install-package.ts";
import { newerDebian } from "../newer-debian.ts";
import type { PeerDefinition } from "../peer.ts";
import { type Command, serverFolder, startServer } from "../server-process.ts";

const PACKAGE = { name: "chromadb", version: "3.5.0" };
/** Its program needs a C library of this version. */
const LEAST_GLIBC = [2, 38] as const;

export const chroma: PeerDefinition = {
  id: "chroma",
  place: "server",
  fixedWidth: CHROMA_WIDTH,
  async open({ defer, dimension, capacity, clients }) {
    const modules = await installPackage(PACKAGE);
    const port = await freePort();
    const folder = serverFolder();
    const program = join(modules, "node_modules/chromadb/dist/cli.mjs");
    const args = [program, "run", "--path", folder, "--port", String(port), "--host", "127.0.0.1"];
    const server = await startServer(await node(), { folder, port, args });
    defer("Chroma", () => server.stop());
    return {
      name: `Chroma ${PACKAGE.version}`,
      spec: { kind: "chroma", modules, port, dimension, capacity, clients },
      watched: { coordinators: [server.pid], postgres: [] },
    };
  },
};

/** This Node, by the C library of a newer release where the machine's own is too old. */
async function node(): Promise<Command> {
  if (hasGlibc(glibcVersion())) return { program: process.execPath, args: [] };
  const debian = await newerDebian("node", ["libc6", "libstdc++6"]);
  return debian.command(process.execPath);
}

function glibcVersion(): string {
  const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime ?? "0";
}

function hasGlibc(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor, leastMinor] = LEAST_GLIBC;
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
