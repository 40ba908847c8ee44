/**
 * Requests that are large or hostile, as bytes and as messages, for a coordinator in a process of its own.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client as Channel, credentials, type ServiceError } from "@grpc/grpc-js";
import { packageRoot } from "../../src/lib/package-root.ts";

const GZIP = 2;

/** Sends bytes as they are, plain or compressed. */
export interface RawClient {
  /** The status code of the answer; 0 is OK. */
  send(method: string, body: Buffer): Promise<{ readonly code: number; readonly message: string }>;
  close(): void;
}

export function createRawClient(address: string, { gzip = false } = {}): RawClient {
  const channel = new Channel(address, credentials.createInsecure(), {
    "grpc.max_receive_message_length": -1,
    // Channels with the same options share a connection.
    "grpc.use_local_subchannel_pool": 1,
    ...(gzip && { "grpc.default_compression_algorithm": GZIP }),
  });
  const same = (bytes: Buffer) => bytes;
  return {
    send: (method, body) =>
      new Promise((resolve) => {
        const path = `/orrery.v1.VectorService/${method}`;
        const options = { deadline: Date.now() + 60_000 };
        channel.makeUnaryRequest(path, same, same, body, options, (error: ServiceError | null) =>
          resolve({ code: error?.code ?? 0, message: error?.details ?? "" }),
        );
      }),
    close: () => channel.close(),
  };
}

/** `part` again and again. */
export const repeated = (part: readonly number[], bytes: number): Buffer =>
  Buffer.alloc(bytes - (bytes % part.length), Buffer.from(part));

/** The most memory a process has had so far, in bytes. Linux only. */
export function peakMemory(pid: number): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}

/** The time below which `share` of them lie. */
export function percentile(times: readonly number[], share: number): number {
  return times.toSorted((a, b) => a - b)[Math.ceil(times.length * share) - 1] ?? Number.NaN;
}

/** Searches one after another until its input ends; then prints what each took, and the errors. */
const SEARCH_LOOP = `
const [clientModule, address, namespace] = process.argv.slice(1);
const { createClient } = await import(clientModule);
const client = createClient(address);
const vector = { f32Le: new Uint8Array(Float32Array.of(1, 2, 3).buffer) };
const times = [];
const errors = [];
let over = false;
process.stdin.resume().once("end", () => { over = true; });
while (!over) {
  const startedMs = performance.now();
  try {
    const { hits } = await client.vector.search({ namespaces: [namespace], vector });
    if (hits.length !== 10) errors.push("a search found " + hits.length);
  } catch (error) {
    errors.push(error.message);
  }
  times.push(performance.now() - startedMs);
}
client.close();
process.stdout.write(JSON.stringify({ times, errors }));
`;

export interface SmallSearches {
  /** Milliseconds of each. */
  readonly times: readonly number[];
  readonly errors: readonly string[];
}

/**
 * Searches a namespace of 10 or more records during `work`, one search at a time, from a process of its own:
 * the one that sends large requests is busy.
 */
export async function searchDuring(
  { address, namespace }: { readonly address: string; readonly namespace: string },
  work: () => Promise<unknown>,
): Promise<SmallSearches> {
  const clientModule = join(packageRoot(), "dist/src/client/client.js");
  const args = ["--input-type=module", "-e", SEARCH_LOOP, clientModule, address, namespace];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const ended = once(child, "close");
  try {
    await work();
  } finally {
    child.stdin.end();
    await ended;
  }
  return JSON.parse(output);
}
