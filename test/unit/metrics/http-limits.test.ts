import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { type Config, configSchema } from "../../../src/config/schema.ts";
import { createLogger } from "../../../src/lib/create-logger.ts";
import { serveHttp } from "../../../src/metrics/http.ts";
import { waitFor } from "../../support/wait-for.ts";

const GET = "GET /metrics HTTP/1.1\r\nhost: test\r\n\r\n";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(limits: Partial<Config["http"]>, text = "m 1\n", begun = () => Promise.resolve()) {
  const refused: string[] = [];
  let connections = 0;
  let expositions = 0;
  const http = await serveHttp({
    settings: configSchema.parse({ http: { listen: "127.0.0.1:0", ...limits } }).http,
    exposition: async () => {
      expositions += 1;
      await begun();
      return { contentType: "text/plain", text };
    },
    readiness: () => ({
      mapLoaded: true,
      rpcListening: true,
      groupsUp: [],
      groupsDown: [],
      mapStoreReachable: true,
      secondsSinceAnswer: 1,
    }),
    observer: {
      opened: () => {
        connections += 1;
      },
      closed: () => {
        connections -= 1;
      },
      refused: (reason) => refused.push(reason),
    },
    logger: createLogger({ level: "silent" }),
  });
  closers.push(http.close);
  return { address: http.address, refused, connections: () => connections, expositions: () => expositions };
}

async function open(address: string, from?: string): Promise<Socket & { readonly got: () => string }> {
  const [host = "", port] = address.split(":");
  const socket = connect({ host, port: Number(port), ...(from === undefined ? {} : { localAddress: from }) });
  closers.push(() => socket.destroy());
  let got = "";
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    got += bytes;
  });
  await once(socket, "connect");
  return Object.assign(socket, { got: () => got });
}

const closed = (socket: Socket) => waitFor(() => socket.closed, { what: "the end of the connection" });

it("closes connections that say nothing, or half a request, and answers the others", async () => {
  const { address, refused } = await serve({ requestTimeoutMs: 1_000 });
  const silent = await open(address);
  const half = await open(address);
  half.write(GET.slice(0, 20));
  const body = await open(address);
  body.write("GET /livez HTTP/1.1\r\nhost: test\r\ncontent-length: 100\r\n\r\nhalf");
  for (const socket of [silent, half, body]) await closed(socket);
  expect(half.got()).toMatch(/^HTTP\/1.1 408 /);
  expect(refused).toEqual(expect.arrayContaining(["request_timeout", "request_timeout"]));
  const whole = await open(address);
  whole.write(GET);
  await waitFor(() => whole.got().includes("m 1"), { what: "the answer" });
});

it("closes a connection whose answer is not read", async () => {
  const { address, refused, connections } = await serve({ answerTimeoutMs: 100 }, "m".repeat(20_000_000));
  const socket = await open(address);
  socket.pause();
  socket.write(GET);
  await waitFor(() => refused.length > 0, { what: "a refusal" });
  expect(refused).toEqual(["answer_timeout"]);
  await waitFor(() => connections() === 0, { what: "the end of the connection" });
});

it("closes a connection that asks again without waiting for its answer", async () => {
  const { address, refused } = await serve({});
  const socket = await open(address);
  socket.write(GET.repeat(500));
  await closed(socket);
  expect(refused).toContain("pipelined");
  const other = await open(address);
  other.write(GET);
  await waitFor(() => other.got().includes("m 1"), { what: "the answer" });
  other.write(GET);
  await waitFor(() => other.got().split("m 1").length > 2, { what: "the second answer" });
});

it("takes so many connections of one address, and so many in all", async () => {
  const { address, refused, connections } = await serve({ maxConnections: 3, maxConnectionsPerPeer: 2 });
  const first = await open(address);
  await open(address);
  await closed(await open(address));
  await open(address, "127.0.0.2");
  await closed(await open(address, "127.0.0.3"));
  expect(refused).toEqual(["connections_per_peer", "connections"]);
  first.destroy();
  await waitFor(() => connections() === 2, { what: "the end of the first" });
  const again = await open(address);
  again.write(GET);
  await waitFor(() => again.got().includes("m 1"), { what: "the answer" });
});

it("makes one text for scrapes that come together", async () => {
  let finish = () => {};
  const held = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const { address, connections, expositions } = await serve({}, undefined, () => held);
  const sockets = await Promise.all(Array.from({ length: 10 }, () => open(address)));
  for (const socket of sockets) socket.write(GET);
  await waitFor(() => expositions() === 1 && connections() === 10, {
    what: "the first text to be asked for",
  });
  // All requests are read in the turn in which a later one is answered.
  const later = await open(address);
  later.write(GET.replace("/metrics", "/livez"));
  await waitFor(() => later.got() !== "", { what: "an answer that needs no text" });
  finish();
  for (const socket of sockets) {
    await waitFor(() => socket.got().includes("m 1"), { what: "the answer" });
  }
  // One that was begun before the others came, and one for all of these.
  expect(expositions()).toBe(2);
});
