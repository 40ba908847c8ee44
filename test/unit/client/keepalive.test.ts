import { afterEach, expect, it } from "vitest";
import { createClient } from "../../../src/client/client.ts";
import { EMPTY_MAP } from "../../../src/topology/shard-map.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";
import { waitFor } from "../../support/wait-for.ts";
import { startRpc } from "../api/rpc-fixture.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

it("a watch ends on both sides when the network between them falls silent", async () => {
  // Pings come soon, and have long to be answered: both ends are in this process, which may be busy.
  const keepalive = { keepaliveTimeMs: 50, keepaliveTimeoutMs: 1_000 };
  const rpc = await startRpc({
    rpc: keepalive,
    apis: { cluster: { currentMap: () => EMPTY_MAP, onMapChange: () => () => {} } },
  });
  closers.push(rpc.stop);
  const [host = "", port] = rpc.server.address.split(":");
  const proxy = await startTcpProxy({ target: { host, port: Number(port) } });
  closers.push(proxy.close);
  const client = createClient(`${proxy.host}:${proxy.port}`, keepalive);
  closers.push(client.close);
  const maps = client.cluster.watchShardMap({})[Symbol.asyncIterator]();
  expect(await maps.next()).toMatchObject({ value: { epoch: "0" } });
  expect(rpc.connections()).toBe(1);
  const next = maps.next();
  proxy.pause();
  await expect(next).rejects.toMatchObject({ failure: { status: "UNAVAILABLE" } });
  await waitFor(() => rpc.connections() === 0, { what: "the end of the connection" });
});
