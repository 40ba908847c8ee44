import { once } from "node:events";
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { gzipSync } from "node:zlib";
import { afterEach, expect, it } from "vitest";
import type { SearchResult, StoredRecord } from "../../../../src/query/types.ts";
import { EMPTY_MAP } from "../../../../src/topology/shard-map.ts";
import { freePort } from "../../../support/free-port.ts";
import {
  connectRaw,
  data,
  encode,
  FLAG,
  FRAME,
  headers,
  message,
  type RawClient,
  type RawOptions,
  reset,
  settings,
} from "../../../support/raw-http2.ts";
import { waitFor } from "../../../support/wait-for.ts";
import { proto, type RpcFixture, type RpcFixtureOptions, startRpc } from "../rpc-fixture.ts";

const SEARCH = "/orrery.v1.VectorService/Search";
const GET = "/orrery.v1.VectorService/Get";
const WATCH = "/orrery.v1.ClusterService/WatchShardMap";
const HEALTH = "/grpc.health.v1.Health/Check";
const HEALTH_WATCH = "/grpc.health.v1.Health/Watch";
const REFLECTION = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const MIB = 1024 * 1024;
/** Other limits than the one a test is about. */
const LONG = {
  handshakeTimeoutMs: 60_000,
  requestTimeoutMs: 60_000,
  answerTimeoutMs: 60_000,
  idleTimeoutMs: 60_000,
};

let rpc: RpcFixture | undefined;
const clients: { destroy(): void }[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await rpc?.stop();
});

const EMPTY_RESULT: SearchResult = {
  hits: [],
  completeness: { targetsTotal: 1, targetsOk: 1, failures: [] },
  epoch: 1,
  timings: { planMs: 0, scatterMs: 0, mergeMs: 0, totalMs: 0 },
  profile: [],
};
const LARGE: StoredRecord = {
  namespace: "a",
  key: "k",
  value: "v".repeat(MIB),
  createdAtUs: 1n,
  updatedAtUs: 1n,
  version: 1n,
};

async function start(rpcSettings: RpcFixtureOptions["rpc"]): Promise<RpcFixture> {
  rpc = await startRpc({
    rpc: { ...LONG, ...rpcSettings },
    apis: {
      query: { search: async () => EMPTY_RESULT, get: async () => [LARGE] },
      cluster: { currentMap: () => EMPTY_MAP, onMapChange: () => () => {} },
    },
  });
  return rpc;
}

async function raw(options: RawOptions = {}, address = rpc?.server.address ?? ""): Promise<RawClient> {
  const client = await connectRaw(address, options);
  clients.push(client.socket);
  return client;
}

function session(): ClientHttp2Session {
  const made = connect(`http://${rpc?.server.address}`);
  clients.push(made);
  return made;
}

/** A call of which nothing but the headers is sent yet, and what comes back. */
function call(of: ClientHttp2Session, path: string, more: Readonly<Record<string, string>> = {}) {
  const stream = of.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    ...more,
  });
  let got: Record<string, unknown> = {};
  for (const event of ["response", "trailers"]) {
    stream.on(event, (some) => {
      got = { ...got, ...some };
    });
  }
  stream.on("error", () => {});
  stream.resume();
  return {
    stream,
    async ended() {
      if (!stream.destroyed) await new Promise((resolve) => stream.once("close", resolve));
      return {
        code: stream.rstCode,
        status: Number(got["grpc-status"]),
        message: decodeURIComponent(String(got["grpc-message"])),
      };
    },
  };
}

function encoded(path: string, request: object): Buffer {
  const [service = "", method = ""] = path.slice(1).split("/");
  const methods = proto[service] as unknown as Record<string, { requestSerialize(request: object): Buffer }>;
  return methods[method]?.requestSerialize(request) ?? Buffer.alloc(0);
}

const searchMessage = () =>
  message(encoded(SEARCH, { namespaces: ["a"], record: { namespace: "a", key: "k" } }));
const getMessage = () => message(encoded(GET, { records: [{ namespace: "a", key: "k" }] }));

async function search(of: ClientHttp2Session): Promise<number> {
  const { stream, ended } = call(of, SEARCH);
  stream.end(searchMessage());
  return (await ended()).status;
}

it("closes connections that say nothing, or no more than HTTP/2's preface, and says why", async () => {
  const { refused, connections } = await start({ handshakeTimeoutMs: 60 });
  const silent = await raw({ hello: undefined });
  const prefaced = await raw({ hello: [] });
  const settled = await raw();
  await silent.untilClosed();
  await prefaced.untilClosed();
  expect(prefaced.goaway).toBe("no HTTP/2 settings within 60 ms (rpc.handshakeTimeoutMs)");
  expect(refused).toEqual(["handshake_timeout", "handshake_timeout"]);
  expect(settled.closed).toBe(false);
  expect(connections()).toBe(1);
});

it.each([SEARCH, WATCH, HEALTH, HEALTH_WATCH, REFLECTION])(
  "refuses a call of %s that stops after its headers, and frees its stream",
  async (path) => {
    const { refused, held } = await start({ requestTimeoutMs: 60 });
    const client = session();
    expect(await search(client)).toBe(0);
    const { stream, ended } = call(client, path);
    expect(await ended()).toMatchObject({
      status: 4,
      code: constants.NGHTTP2_NO_ERROR,
      message: expect.stringMatching(/^the request was not complete, and for 60 ms \(rpc.requestTimeoutMs\)/),
    });
    expect(stream.destroyed).toBe(true);
    expect(refused).toEqual(["request_timeout"]);
    await waitFor(() => held().requests === 0, { what: "nothing held" });
    expect(await search(client)).toBe(0);
  },
);

it("refuses a request that stands still half-way, and serves one that is slow", async () => {
  const { refused, finished } = await start({ requestTimeoutMs: 150, minBytesPerSecond: 20 });
  const client = session();
  const half = call(client, SEARCH);
  half.stream.write(message(Buffer.alloc(1_000), 2_000));
  const slow = call(client, SEARCH);
  const bytes = searchMessage();
  // Three times as long as a request may stand still.
  for (const at of bytes.keys()) {
    slow.stream.write(bytes.subarray(at, at + 1));
    await new Promise((resolve) => setTimeout(resolve, 450 / bytes.length));
  }
  slow.stream.end();
  expect(await half.ended()).toMatchObject({ status: 4 });
  expect(await slow.ended()).toMatchObject({ status: 0 });
  expect(refused).toEqual(["request_timeout"]);
  expect(finished.map(({ code }) => code)).toEqual(["DEADLINE_EXCEEDED", "OK"]);
});

it("refuses a request that is there but for its end", async () => {
  await start({ requestTimeoutMs: 60 });
  const { stream, ended } = call(session(), SEARCH);
  stream.write(searchMessage());
  expect(await ended()).toMatchObject({ status: 4 });
});

it("frees the stream of a call whose deadline passed before its request was complete", async () => {
  await start({});
  const { stream, ended } = call(session(), SEARCH, { "grpc-timeout": "50m" });
  stream.write(message(Buffer.alloc(1_000), 2_000));
  expect(await ended()).toMatchObject({ status: 4, message: "Deadline exceeded" });
});

it("holds incomplete requests to a limit of bytes, at the cost of the address that holds most", async () => {
  const { refused, held, connections } = await start({ maxIncompleteRequestBytes: 4 * MIB });
  const small = await raw({ from: "127.0.0.2" });
  const half = searchMessage();
  small.send(headers(1, SEARCH), data(1, half.subarray(0, 10)));
  const body = message(Buffer.alloc(MIB), 2 * MIB);
  for (let at = 0; at < 12; at += 1) {
    const client = await raw();
    client.send(headers(1, SEARCH));
    await client.sendBody(1, body);
  }
  await waitFor(() => refused.length > 8, { what: "refusals" });
  await waitFor(() => held().requests > 0 && held().requests <= 4 * MIB, { what: "a look" });
  expect(new Set(refused)).toEqual(new Set(["request_bytes"]));
  expect(connections()).toBe(13);
  small.send(data(1, half.subarray(10), FLAG.endStream));
  await waitFor(() => small.answered(1), { what: "the answer" });
  expect(small.reset(1)).toBeUndefined();
});

it("says RESOURCE_EXHAUSTED and when to come back to a request that made room", async () => {
  await start({ maxIncompleteRequestBytes: 40_000 });
  const client = session();
  const { stream, ended } = call(client, SEARCH);
  stream.write(message(Buffer.alloc(50_000), 60_000));
  expect(await ended()).toMatchObject({
    status: 8,
    message: "requests that are not complete hold more than 40000 bytes (rpc.maxIncompleteRequestBytes)",
  });
  expect(await search(client)).toBe(0);
});

it("counts a request as large as it is inflated, and calls without a byte too", async () => {
  const { refused } = await start({ maxIncompleteRequestBytes: MIB });
  const client = await raw();
  const zipped = message(gzipSync(Buffer.alloc(3 * MIB)), undefined, true);
  client.send(headers(1, HEALTH, { "grpc-encoding": "gzip" }), data(1, zipped));
  await waitFor(() => refused.length > 0, { what: "a refusal" });
  client.send(...Array.from({ length: 100 }, (_, at) => headers(3 + 2 * at, SEARCH)));
  await waitFor(() => refused.length > 30, { what: "refusals" });
  expect(new Set(refused)).toEqual(new Set(["request_bytes"]));
});

it("refuses a request that comes in pieces of a few bytes, which would each cost hundreds", async () => {
  const { refused } = await start({});
  const client = session();
  const { stream, ended } = call(client, SEARCH);
  stream.write(message(Buffer.alloc(1), MIB));
  const other = await raw();
  other.send(headers(1, SEARCH), data(1, message(Buffer.alloc(1), MIB)));
  other.send(...Array.from({ length: 2_000 }, () => data(1, Buffer.alloc(1))));
  await waitFor(() => other.reset(1) !== undefined, { what: "the end of the call" });
  expect(refused).toEqual(["request_pieces"]);
  stream.close();
  await ended();
});

it("resets a call whose answer is not read, and ends a client that reads nothing at all", async () => {
  const { refused, held, connections } = await start({ answerTimeoutMs: 100 });
  // The windows of its streams have no room.
  const client = await raw({ hello: [settings([4, 0])] });
  client.send(headers(1, GET), data(1, getMessage(), FLAG.endStream));
  await waitFor(() => client.reset(1) !== undefined, { what: "the reset" });
  expect(client.reset(1)).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  expect(refused).toEqual(["answer_timeout"]);
  await waitFor(() => held().answers === 0, { what: "nothing held" });
  client.send(headers(3, SEARCH), data(3, searchMessage(), FLAG.endStream));
  await waitFor(() => client.answered(3), { what: "another answer" });
  expect(connections()).toBe(1);
});

it("closes the socket of a client that stopped reading and answers no ping", async () => {
  const { connections, finished } = await start({ keepaliveTimeMs: 50, keepaliveTimeoutMs: 50 });
  const large = 2 ** 31 - 1;
  const grow = Buffer.alloc(4);
  grow.writeUInt32BE(large - 65_535);
  const client = await raw({ hello: [settings([4, large]), encode(FRAME.window, 0, 0, grow)], reads: false });
  for (let at = 0; at < 30; at += 1) {
    client.send(headers(1 + 2 * at, GET), data(1 + 2 * at, getMessage(), FLAG.endStream));
  }
  await waitFor(() => finished.length > 0, { what: "a call that was served" });
  await waitFor(() => connections() === 0, { what: "the end of the connection" });
});

it("serves an answer that is read slowly", async () => {
  const { refused } = await start({ answerTimeoutMs: 100, minBytesPerSecond: 1_000 });
  const { stream, ended } = call(session(), GET);
  stream.end(getMessage());
  stream.pause();
  for (let at = 0; at < 20; at += 1) {
    await new Promise((resolve) => setTimeout(resolve, 15));
    stream.read(30_000);
  }
  stream.resume();
  expect(await ended()).toMatchObject({ status: 0 });
  expect(refused).toEqual([]);
});

it("holds answers that are not read to a limit of bytes", async () => {
  const { refused } = await start({ maxUnreadAnswerBytes: 4 * MIB });
  const client = await raw({ hello: [settings([4, 0])] });
  for (let at = 0; at < 10; at += 1) {
    client.send(headers(1 + 2 * at, GET), data(1 + 2 * at, getMessage(), FLAG.endStream));
  }
  await waitFor(() => refused.length >= 6, { what: "refusals" });
  expect(new Set(refused)).toEqual(new Set(["answer_bytes"]));
});

it("takes so many connections of one address and so many in all, and tells the next one which limit", async () => {
  const { refused, connections } = await start({ maxConnections: 3, maxConnectionsPerPeer: 2 });
  const first = await raw();
  await raw();
  const third = await raw();
  await third.untilClosed();
  expect(third.goaway).toBe("more than 2 connections (rpc.maxConnectionsPerPeer)");
  await raw({ from: "127.0.0.2" });
  const fifth = await raw({ from: "127.0.0.3" });
  await fifth.untilClosed();
  expect(fifth.goaway).toBe("more than 3 connections (rpc.maxConnections)");
  expect(refused).toEqual(["connections_per_peer", "connections"]);
  first.socket.destroy();
  await waitFor(() => connections() === 2, { what: "the end of the first" });
  const again = await raw();
  again.send(headers(1, SEARCH), data(1, searchMessage(), FLAG.endStream));
  await waitFor(() => again.answered(1), { what: "an answer" });
});

it("tells connections from one port of a client to two addresses of the server apart", async () => {
  const { server, refused, connections } = await start({ listen: "0.0.0.0:0", handshakeTimeoutMs: 80 });
  const port = server.address.split(":")[1];
  const fromPort = await freePort();
  const silent = await raw({ from: "127.0.0.1", fromPort, hello: undefined }, `127.0.0.1:${port}`);
  const settled = await raw({ from: "127.0.0.1", fromPort }, `127.0.0.2:${port}`);
  await silent.untilClosed();
  expect(refused).toEqual(["handshake_timeout"]);
  expect(settled.closed).toBe(false);
  expect(connections()).toBe(1);
});

it("closes a connection that has no call for long, and keeps those on which something is watched", async () => {
  const { refused } = await start({ idleTimeoutMs: 80, requestTimeoutMs: 80, answerTimeoutMs: 80 });
  const idle = await raw();
  const watching = [session(), session()];
  const streams = [WATCH, HEALTH_WATCH].map((path, at) => {
    const { stream } = call(watching[at] as ClientHttp2Session, path);
    stream.end(message(Buffer.alloc(0)));
    return stream;
  });
  await idle.untilClosed();
  const later = await raw();
  await later.untilClosed();
  expect(refused).toEqual(["idle", "idle"]);
  expect(streams.map(({ closed }) => closed)).toEqual([false, false]);
  expect(await search(watching[0] as ClientHttp2Session)).toBe(0);
});

it("closes a connection soon on which no request was ever complete, and keeps others", async () => {
  const { refused, connections } = await start({ requestTimeoutMs: 80 });
  const unused = await raw();
  const useful = session();
  expect(await search(useful)).toBe(0);
  expect(await call(useful, SEARCH).ended()).toMatchObject({ status: 4 });
  const useless = await raw();
  useless.send(headers(1, SEARCH));
  await useless.untilClosed();
  expect(refused).toEqual(["request_timeout", "request_timeout", "idle"]);
  expect([unused.closed, useful.closed, connections()]).toEqual([false, false, 2]);
});

it("keeps a connection in use that is idle between its calls", async () => {
  const { refused } = await start({ idleTimeoutMs: 150 });
  const client = session();
  for (let at = 0; at < 12; at += 1) {
    expect(await search(client)).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  expect(refused).toEqual([]);
  expect(client.closed).toBe(false);
});

it("refuses metadata beyond its limit", async () => {
  await start({ maxHeaderBytes: 4_096 });
  const client = session();
  await once(client, "remoteSettings");
  const { ended } = call(client, SEARCH, { "x-large": "v".repeat(5_000) });
  expect((await ended()).code).not.toBe(constants.NGHTTP2_NO_ERROR);
  expect(await search(client)).toBe(0);
});

it.each([
  ["pings", () => encode(FRAME.ping, 0, 0, Buffer.alloc(8))],
  ["settings", () => settings([3, 100])],
  [
    "calls that are opened and reset",
    (at: number) => Buffer.concat([headers(1 + 2 * at, SEARCH), reset(1 + 2 * at)]),
  ],
  ["empty pieces", (at: number) => (at === 0 ? headers(1, SEARCH) : data(1, Buffer.alloc(0)))],
  [
    "endless headers",
    (at: number) =>
      at === 0 ? headers(1, SEARCH, {}, 0) : encode(FRAME.continuation, 0, 1, Buffer.alloc(0)),
  ],
])("ends a connection that floods it with %s, and serves others", async (_, frame) => {
  await start({});
  const flooding = await raw();
  const frames = Buffer.concat(Array.from({ length: 5_000 }, (__, at) => frame(at)));
  flooding.send(frames);
  await waitFor(() => flooding.goaway !== undefined || flooding.closed, { what: "GOAWAY" });
  expect(await search(session())).toBe(0);
});
