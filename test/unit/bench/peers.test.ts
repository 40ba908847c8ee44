/** What the systems of `peers` share; the systems themselves are asked by the command. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { readOptions } from "../../../bench/options.ts";
import { createLabels } from "../../../bench/peers/adapters/labels.ts";
import { definitionsOf, openPeers } from "../../../bench/peers/open-peers.ts";
import type { Peer } from "../../../bench/peers/peer.ts";
import { createPeerRun } from "../../../bench/peers/peer-run.ts";
import { startServer } from "../../../bench/peers/server-process.ts";
import { freePort } from "../../support/free-port.ts";

afterEach(() => void vi.restoreAllMocks());

const record = { vector: new Float32Array([1]), topic: 3, part: 0, chance: 0.5 };

it("a key keeps its number when it is written again, with its newest attributes", () => {
  const labels = createLabels();
  expect([labels.of({ ...record, key: "a" }), labels.of({ ...record, key: "b" })]).toEqual([0, 1]);
  expect(labels.of({ ...record, key: "a", topic: 7 })).toBe(0);
  expect(labels.keyOf(1)).toBe("b");
  expect(labels.attributes(0)).toEqual({ key: "a", topic: 7, chance: 0.5 });
  expect(() => labels.keyOf(2)).toThrow("no record 2");
});

it("systems are chosen by name, and a name that none has is refused with those there are", () => {
  expect(definitionsOf(["redis", "orrery"]).map(({ id }) => id)).toEqual(["redis", "orrery"]);
  expect(() => definitionsOf(["rediss"])).toThrow(/no system rediss; there are .*redis-q8/);
});

it("a system that cannot be had is reported by name, and the others take part", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const missing = {
    id: "missing",
    place: "server" as const,
    open: () => Promise.reject(new Error("not for this machine\nat somewhere")),
  };
  const context = { kind: "mixture", dimension: 8, capacity: 10, clients: 1, defer: () => {} };
  const { peers, notRun } = await openPeers([missing], { ...context, cluster: {} as never });
  expect(peers).toEqual([]);
  expect(notRun).toEqual([{ id: "missing", why: "not for this machine" }]);
});

it("a system that breaks is reported with what it was at, and asked no further", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const adapter = { pid: 0, run: async () => ({}), stop: vi.fn(async () => {}) };
  const peer = (id: string) => ({ id, adapter }) as unknown as Peer;
  const run = createPeerRun(readOptions(["peers"]), { peers: [peer("a"), peer("b")], notRun: [] });
  const asked: string[] = [];
  const step = async ({ id }: Peer) => {
    asked.push(id);
    if (id === "a") throw new Error("out of memory");
  };
  await run.each("writing", step);
  await run.each("searching", step);
  expect(asked).toEqual(["a", "b", "b"]);
  expect(run.notRun()).toEqual([{ id: "a", why: "writing: out of memory" }]);
  expect(adapter.stop).toHaveBeenCalledOnce();
});

it("a server that ends before it listens is refused with its last words", async () => {
  const folder = mkdtempSync(join(tmpdir(), "orrery-peer-test-"));
  const server = { program: process.execPath, args: ["-e"] };
  const port = await freePort();
  const start = (code: string) => startServer(server, { folder, port, args: [code] });
  await expect(start("console.error('no such library'); process.exit(1)")).rejects.toThrow("no such library");
  await expect(startServer({ program: "/nowhere", args: [] }, { folder, port, args: [] })).rejects.toThrow(
    "ENOENT",
  );
  const listening = await start(`require("node:net").createServer().listen(${port}, "127.0.0.1")`);
  await listening.stop();
  const again = createServer();
  await new Promise<void>((resolve) => again.listen(port, "127.0.0.1", resolve));
  again.close();
  rmSync(folder, { recursive: true });
});
