import { createServer } from "node:net";

const LOWEST = 15_000;
const HIGHEST = 31_999;

/**
 * A free TCP port of 127.0.0.1, from below the ephemeral range, so that no outgoing connection can take it
 * while its server restarts.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1));
    if (await canListen(port)) return port;
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
