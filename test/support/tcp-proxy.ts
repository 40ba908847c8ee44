/** A TCP proxy that injects faults: silence, broken connections and held messages. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "./free-port.ts";

export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  /** Stops traffic in both directions; connections stay open and new ones are accepted in silence. */
  pause(): void;
  resume(): void;
  /** Stops traffic on the connections that are open now, for good, as a firewall that forgot them does. */
  loseOpen(): void;
  /** Destroys all connections and refuses new ones, until `heal`. */
  cut(): Promise<void>;
  heal(): Promise<void>;
  /**
   * From now on holds every chunk from a client that contains `pattern`, with all that follows on its
   * connection, until released. Other connections go on.
   */
  hold(pattern: string): Hold;
  close(): Promise<void>;
}

export interface Hold {
  /** How many chunks it holds. */
  held(): number;
  /** Sends them on and ends the hold. */
  release(): void;
}

interface Link {
  readonly client: Socket;
  readonly upstream: Socket;
  /** Whether a chunk of this client is held. */
  held: boolean;
  lost: boolean;
}

/** Listens on a free port of 127.0.0.1 and passes every connection on to `target`. */
export async function startTcpProxy({
  target,
}: {
  readonly target: { readonly host: string; readonly port: number };
}): Promise<TcpProxy> {
  const port = await freePort();
  const links = new Set<Link>();
  const holds = new Map<Hold, { pattern: string; chunks: { link: Link; chunk: Buffer }[] }>();
  let paused = false;

  const settle = (link: Link) => {
    if (paused || link.held || link.lost) link.client.pause();
    else link.client.resume();
    if (paused || link.lost) link.upstream.pause();
    else link.upstream.resume();
  };
  const forward = (link: Link, chunk: Buffer) => {
    for (const { pattern, chunks } of holds.values()) {
      if (!chunk.includes(pattern)) continue;
      chunks.push({ link, chunk });
      link.held = true;
      return settle(link);
    }
    link.upstream.write(chunk);
  };
  const accept = (client: Socket) => {
    const upstream = connect({ ...target, noDelay: true });
    const link: Link = { client, upstream, held: false, lost: false };
    links.add(link);
    client.on("data", (chunk: Buffer) => forward(link, chunk));
    upstream.on("data", (chunk: Buffer) => client.write(chunk));
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.on("end", () => other.end());
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        other.destroySoon();
        links.delete(link);
      });
    }
    settle(link);
  };

  let listener = await listen(accept, port);
  const destroyAll = () => {
    for (const { client, upstream } of links) {
      client.resetAndDestroy();
      upstream.destroy();
    }
  };
  const cut = () =>
    new Promise<void>((resolve) => {
      listener.close(() => resolve());
      destroyAll();
    });

  return {
    host: "127.0.0.1",
    port,
    pause() {
      paused = true;
      links.forEach(settle);
    },
    resume() {
      paused = false;
      links.forEach(settle);
    },
    loseOpen() {
      for (const link of links) {
        link.lost = true;
        settle(link);
      }
    },
    cut,
    async heal() {
      listener = await listen(accept, port);
    },
    hold(pattern) {
      const state = { pattern, chunks: [] as { link: Link; chunk: Buffer }[] };
      const hold: Hold = {
        held: () => state.chunks.length,
        release() {
          holds.delete(hold);
          for (const { link, chunk } of state.chunks) {
            link.held = false;
            if (!link.upstream.destroyed) link.upstream.write(chunk);
            settle(link);
          }
        },
      };
      holds.set(hold, state);
      return hold;
    },
    close: cut,
  };
}

function listen(accept: (client: Socket) => void, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true }, accept);
    server.once("error", reject);
    server.unref();
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
