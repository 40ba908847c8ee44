/** Redis 8: the one on the PATH, else that of a newer Debian. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { freePort } from "../../../test/support/free-port.ts";
import { installPackage } from "../install-package.ts";
import { newerDebian } from "../newer-debian.ts";
import type { PeerDefinition } from "../peer.ts";
import { type Command, serverFolder, startServer } from "../server-process.ts";

/** The first with vector sets. */
const LEAST_VERSION = 8;
const CLIENT = { name: "@redis/client", version: "6.3.1" };

/** Quantized: a byte a number, which is what Redis does unless it is told not to. */
export function redis({ isQuantized }: { readonly isQuantized: boolean }): PeerDefinition {
  return {
    id: isQuantized ? "redis-q8" : "redis",
    place: "server",
    async open({ defer, ...shape }) {
      const modules = await installPackage(CLIENT);
      const { command, version } = await findRedis();
      const port = await freePort();
      const folder = serverFolder();
      const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder];
      // In memory only: its way of being durable costs no CPU of searches, and little of writes.
      const server = await startServer(command, {
        folder,
        port,
        args: [...args, "--save", "", "--appendonly", "no"],
      });
      defer("Redis", () => server.stop());
      const { dimension, capacity, clients } = shape;
      return {
        name: `Redis ${version}, ${isQuantized ? "Q8" : "fp32"}`,
        spec: { kind: "redis", modules, port, quantized: isQuantized, dimension, capacity, clients },
        watched: { coordinators: [server.pid], postgres: [] },
      };
    },
  };
}

async function findRedis(): Promise<{ readonly command: Command; readonly version: string }> {
  const own = { program: "redis-server", args: [] };
  const version = await versionOf(own).catch(() => undefined);
  if (version !== undefined && Number.parseInt(version, 10) >= LEAST_VERSION)
    return { command: own, version };
  const debian = await newerDebian("redis", ["redis-server", "libc6"]);
  const command = debian.command(debian.path("usr/bin/redis-server"));
  return { command, version: await versionOf(command) };
}

async function versionOf({ program, args }: Command): Promise<string> {
  const { stdout } = await promisify(execFile)(program, [...args, "--version"]);
  const version = /\bv=([\d.]+)/.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`what version is it? ${stdout}`);
  return version;
}
