/**
 * Clients that keep connections, calls and answers open without end, as many as one address may have and in
 * all ways at once. What the server ends, they begin again after a pause.
 */
import { once } from "node:events";
import { connect } from "node:net";
import protobuf from "protobufjs/minimal.js";
import { keyOf } from "./large-requests.ts";
import { connectRaw, data, FLAG, headers, message, type RawClient } from "./raw-http2.ts";

const MB = 2 ** 20;
/** Not that of others: what is ended for lack of room is of the address that holds most. */
const FROM = "127.0.0.2";
const BEGIN_AGAIN_MS = 1_000;
/** Who reads nothing does not see the end of its connection. */
const UNREAD_MS = 30_000;
const STREAMS = 100;

export interface HostileTarget {
  /** Of gRPC. */
  readonly address: string;
  /** `host:port` of probes and metrics. */
  readonly http: string;
}

export interface HostileConnections {
  /** How often a connection of each kind was begun. */
  readonly begun: Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

/** Opens a connection and uses it badly; resolves with what ends when it is over. */
type Hostility = (target: HostileTarget) => Promise<{ readonly over: Promise<unknown>; destroy(): void }>;

const INCOMPLETE = message(Buffer.alloc(15 * MB), 16 * MB);

const KINDS: Readonly<Record<string, { readonly connections: number; readonly begin: Hostility }>> = {
  "15 of 16 MB": { connections: 100, begin: ({ address }) => rude(address, sendIncomplete) },
  "streams of headers": {
    connections: 20,
    begin: ({ address }) =>
      rude(address, async (client) => {
        for (let stream = 1; stream < 2 * STREAMS; stream += 2) client.send(headers(stream, path("Upsert")));
      }),
  },
  "silent connections": {
    connections: 100,
    begin: ({ address }) => rude(address, async () => {}, { hello: undefined }),
  },
  "unread answers": { connections: 20, begin: ({ address }) => rude(address, askForMuch, { reads: false }) },
  "half HTTP requests": { connections: 64, begin: halfRequest },
};

/** Fifteen records of 1 MB: see loadLargeRecords. */
const LARGE_GET = getRequest(15);

export function startHostileConnections(target: HostileTarget): HostileConnections {
  const begun: Record<string, number> = {};
  const open = new Set<{ destroy(): void }>();
  let stopped = false;
  let wake = () => {};
  const stopping = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const keepOpen = async (kind: string, begin: Hostility) => {
    while (!stopped) {
      begun[kind] = (begun[kind] ?? 0) + 1;
      const connection = await begin(target).catch(() => undefined);
      if (connection !== undefined) {
        open.add(connection);
        await Promise.race([connection.over, stopping]);
        open.delete(connection);
        connection.destroy();
      }
      await Promise.race([new Promise((resolve) => setTimeout(resolve, BEGIN_AGAIN_MS)), stopping]);
    }
  };
  const kept = Object.entries(KINDS).flatMap(([kind, { connections, begin }]) =>
    Array.from({ length: connections }, () => keepOpen(kind, begin)),
  );
  return {
    begun,
    async stop() {
      stopped = true;
      wake();
      for (const connection of open) connection.destroy();
      await Promise.all(kept);
    },
  };
}

async function rude(
  address: string,
  use: (client: RawClient) => Promise<void>,
  options: Parameters<typeof connectRaw>[1] = {},
): ReturnType<Hostility> {
  const client = await connectRaw(address, { from: FROM, ...options });
  const lifeMs = options.reads === false ? UNREAD_MS : Number.POSITIVE_INFINITY;
  const startedMs = performance.now();
  // The server ends calls, and not always their connection.
  const timer = setInterval(() => {
    if (client.reset(1) !== undefined || client.answered(1) || performance.now() - startedMs > lifeMs) {
      client.socket.destroy();
    }
  }, BEGIN_AGAIN_MS);
  const over = once(client.socket, "close").then(() => clearInterval(timer));
  void use(client);
  return { over, destroy: () => client.socket.destroy() };
}

async function sendIncomplete(client: RawClient): Promise<void> {
  client.send(headers(1, path("Upsert")));
  await client.sendBody(1, INCOMPLETE, 20);
}

async function askForMuch(client: RawClient): Promise<void> {
  client.send(headers(1, path("Get")), data(1, message(LARGE_GET), FLAG.endStream));
}

async function halfRequest({ http }: HostileTarget): ReturnType<Hostility> {
  const at = http.lastIndexOf(":");
  const socket = connect({ host: http.slice(0, at), port: Number(http.slice(at + 1)), localAddress: FROM });
  socket.on("error", () => {});
  socket.on("data", () => {});
  const over = once(socket, "close");
  await once(socket, "connect");
  socket.write("GET /metrics HTTP/1.1\r\nhost: test\r\nx-half: ");
  return { over, destroy: () => socket.destroy() };
}

const path = (method: string) => `/orrery.v1.VectorService/${method}`;

/** A GetRequest of the first `count` records. */
function getRequest(count: number): Buffer {
  const writer = protobuf.Writer.create();
  for (let index = 0; index < count; index += 1) {
    const { namespace, key } = keyOf("large", index);
    writer.uint32((2 << 3) | 2).fork();
    writer.uint32((1 << 3) | 2).string(namespace);
    writer
      .uint32((2 << 3) | 2)
      .string(key)
      .ldelim();
  }
  return Buffer.from(writer.finish());
}
