/**
 * gRPC calls by h2load, a C program that costs a fraction of what a gRPC client in Node does. It sends one
 * recorded body again and again and checks only the HTTP status, so each client is a process of its own
 * with another body, and the gRPC statuses are taken from the coordinator's counters.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ReadLine, startPrograms } from "./programs.ts";
import type { RunningLoad } from "./system.ts";

export interface Calls {
  /** `host:port`; client i asks number i, round and round. */
  readonly addresses: readonly string[];
  /** `package.Service/Method` */
  readonly method: string;
  /** Encoded requests, one a client. */
  readonly bodies: readonly Uint8Array[];
  readonly seconds: number;
  /** Connections of each client, one call under way on each. */
  readonly connections?: number;
}

export function startH2load({
  addresses,
  method,
  bodies,
  seconds,
  connections = 1,
}: Calls): Promise<RunningLoad> {
  return startPrograms(
    (folder) =>
      Promise.all(
        bodies.map(async (body, i) => {
          await writeFile(join(folder, `${i}.body`), frame(body));
          return {
            command: "h2load",
            args: [
              ...["--duration", `${Math.round(seconds * 1000)}ms`, "--clients", String(connections)],
              ...["--data", `${i}.body`, "--log-file", `${i}.log`],
              ...["--header", "content-type: application/grpc", "--header", "te: trailers"],
              `http://${addresses[i % addresses.length]}/${method}`,
            ],
            logs: async () => [`${i}.log`],
          };
        }),
      ),
    "\t",
    readLine,
  );
}

/** Start and duration in microseconds, the HTTP status between them. */
const readLine: ReadLine = ([start, status, duration]) =>
  status === "200"
    ? { endMs: (Number(start) + Number(duration)) / 1000, latencyMs: Number(duration) / 1000 }
    : undefined;

/** gRPC's five bytes before a message: not compressed, length. */
function frame(message: Uint8Array): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}
