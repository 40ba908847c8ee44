/**
 * A PostgreSQL server of another major version than the installed one: PGlite behind a socket. It answers one
 * client at a time, which is enough to ask for its version.
 */

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { PGlite } from "@electric-sql/pglite";

export interface OtherPostgres {
  /** `host:port`. */
  readonly name: string;
  readonly major: number;
  stop(): Promise<void>;
}

export async function startOtherPostgres(): Promise<OtherPostgres> {
  const db = await PGlite.create();
  const { rows } = await db.query<{ major: number }>(
    "SELECT current_setting('server_version_num')::int / 10000 AS major",
  );
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    let last: Promise<unknown> = Promise.resolve();
    socket.on("data", (message) => {
      last = last
        .then(async () => socket.write(await db.execProtocolRaw(message)))
        .catch(() => socket.destroy());
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    name: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    major: Number(rows[0]?.major),
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await db.close();
    },
  };
}
