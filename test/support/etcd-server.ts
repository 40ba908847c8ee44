/**
 * A single-member etcd in a fresh data folder on free ports, ended with the test process at the latest.
 */
import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";
import { giveToServers, type ServerProcess, startServerProcess, waitUntilReady } from "./server-process.ts";
import { createTempFolder } from "./temp-folder.ts";

export interface EtcdServer {
  readonly host: string;
  readonly port: number;
  /** What `ORRERY_ETCD_ENDPOINTS` takes. */
  readonly endpoints: readonly string[];
  /** Ends it; the data stays, so `restart` brings it back. */
  stop(): Promise<void>;
  /** SIGKILL: a crash. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data, stopping it first if it runs. */
  restart(): Promise<void>;
  /** Stops it, deletes its data and starts it empty on the same port. */
  wipe(): Promise<void>;
  /** Saves all it has now; returns the file. */
  snapshot(): Promise<string>;
  /** Stops it and starts it on the same port with what a snapshot holds. */
  restore(snapshot: string): Promise<void>;
  /** Compacts all revisions but the present one, so that a watcher further behind is cancelled. */
  compact(): Promise<void>;
  /** The value of a key; empty when there is none. */
  get(key: string): Promise<string>;
  /** How many keys have a prefix. */
  count(prefix: string): Promise<number>;
  /** Writes a key, as one would by hand. */
  put(key: string, value: string): Promise<void>;
  /** Deletes the keys under a prefix, as the end of their leases would. */
  expire(prefix: string): Promise<void>;
}

export async function startEtcd(): Promise<EtcdServer> {
  const folder = createTempFolder("orrery-etcd");
  giveToServers(folder);
  const dataFolder = join(folder, "data");
  const port = await freePort();
  const clientUrl = `http://127.0.0.1:${port}`;
  const peerUrl = `http://127.0.0.1:${await freePort()}`;
  const control = async (...args: string[]) =>
    (await promisify(execFile)("etcdctl", ["--endpoints", clientUrl, "--write-out", "json", ...args])).stdout;

  let server: ServerProcess;
  const start = async () => {
    server = startServerProcess(
      "etcd",
      [
        `--data-dir=${dataFolder}`,
        `--listen-client-urls=${clientUrl}`,
        `--advertise-client-urls=${clientUrl}`,
        `--listen-peer-urls=${peerUrl}`,
        `--initial-advertise-peer-urls=${peerUrl}`,
        `--initial-cluster=default=${peerUrl}`,
      ],
      folder,
    );
    await waitUntilReady(server, () => control("endpoint", "health"), `etcd on port ${port}`);
  };
  const stop = () => server.end("SIGTERM", 10_000);
  await start();

  return {
    host: "127.0.0.1",
    port,
    endpoints: [clientUrl],
    stop,
    kill: () => server.end("SIGKILL", 10_000),
    async restart() {
      await stop();
      await start();
    },
    async wipe() {
      await stop();
      rmSync(dataFolder, { recursive: true });
      await start();
    },
    async snapshot() {
      const file = join(folder, "snapshot.db");
      await control("snapshot", "save", file);
      return file;
    },
    async restore(snapshot) {
      await stop();
      rmSync(dataFolder, { recursive: true });
      const member = [`--initial-advertise-peer-urls=${peerUrl}`, `--initial-cluster=default=${peerUrl}`];
      await control("snapshot", "restore", snapshot, `--data-dir=${dataFolder}`, ...member);
      giveToServers(dataFolder);
      await start();
    },
    async compact() {
      const { header } = JSON.parse(await control("get", "any"));
      await control("compact", String(header.revision), "--physical");
    },
    get: async (key) => (await control("get", "--print-value-only", "--write-out", "simple", key)).trim(),
    count: async (prefix) => {
      const { count = 0 } = JSON.parse(await control("get", "--prefix", "--keys-only", prefix));
      return Number(count);
    },
    async put(key, value) {
      await control("put", key, value);
    },
    async expire(prefix) {
      await control("del", "--prefix", prefix);
    },
  };
}
