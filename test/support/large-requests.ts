/**
 * Requests that are hostile, and requests that are allowed and large, as many clients at once send them. Each
 * has to end with what was asked for, or with a refusal that names what is too large or full.
 */
import { status } from "@grpc/grpc-js";
import { CallError } from "../../src/client/call-error.ts";
import { type Client, createClient } from "../../src/client/client.ts";
import { f32 } from "./coordinator.ts";
import { createRawClient, type RawClient, repeated } from "./memory-load.ts";
import type { PostgresServer } from "./postgres-server.ts";

const MB = 2 ** 20;
const VALUE = MB - 1024;
const WIDE_VALUE = 32 * 1024;
const VECTOR = f32([1, 2, 3]);
const DEADLINE_MS = 60_000;
const NAMED = /rpc\.max\w+|memory\.\w+|limits\.\w+|pool\.\w+|for a connection/;

/** Who sends them: clients of their own, and how each request ended. */
export interface LargeRequestClients {
  readonly api: Client;
  readonly plain: RawClient;
  readonly gzip: RawClient;
  /** Method and end of each call so far. */
  readonly ended: string[];
  close(): void;
}

export function createLargeRequestClients(address: string): LargeRequestClients {
  const api = createClient(address);
  const plain = createRawClient(address);
  const gzip = createRawClient(address, { gzip: true });
  return {
    api,
    plain,
    gzip,
    ended: [],
    close() {
      for (const client of [api, plain, gzip]) client.close();
    },
  };
}

/** The records that the requests ask for, in the default collection, of 3 dimensions. */
export async function loadLargeRecords(server: PostgresServer, client: Client): Promise<void> {
  await copyRecords("large", 300, VALUE);
  await copyRecords("wide", 1000, WIDE_VALUE);
  await copyRecords("small", 20, 100);

  /** Writes `count` records like the one that is there, with a value of `bytes`. */
  async function copyRecords(namespace: string, count: number, bytes: number): Promise<void> {
    await client.vector.upsert({ records: [{ namespace, key: "k0000", value: "", vector: VECTOR }] });
    const tables = await server.sql(
      "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE tablename LIKE 'memory_entries%'",
    );
    for (const { name } of tables) {
      await server.sql(`INSERT INTO ${name} (shard_key, namespace, key, value, metadata, tags, embedding, created_at, updated_at, version)
SELECT shard_key, namespace, 'k' || lpad(i::text, 4, '0'), repeat('x', ${bytes}), metadata, tags, embedding, created_at, updated_at, version
FROM ${name}, generate_series(1, ${count - 1}) i WHERE namespace = '${namespace}' AND key = 'k0000'`);
    }
  }
}

/** By what they are; each rejects when one of its calls ends otherwise than it may. */
export const LARGE_REQUESTS: Readonly<Record<string, (clients: LargeRequestClients) => Promise<unknown>>> = {
  "requests of a million empty items": async (clients) => {
    const bodies = [
      ["SearchBatch", [0x0a, 0x00]],
      ["Search", [0x12, 0x00]],
      ["Upsert", [0x12, 0x00]],
      ["Get", [0x12, 0x00]],
      ["Delete", [0x12, 0x00]],
    ] as const;
    const codes = [status.INVALID_ARGUMENT, status.RESOURCE_EXHAUSTED];
    await Promise.all(
      (["plain", "gzip"] as const).flatMap((form) =>
        bodies.map(([method, part]) => sent(clients, form, { method, body: repeated(part, 15 * MB), codes })),
      ),
    );
  },
  "batches of searches with more payload than an answer may have": (clients) =>
    Promise.all(Array.from({ length: 4 }, () => searchBatch(clients, { searches: 100, topK: 1000 }))),
  "batches of searches whose answers just fit": (clients) =>
    Promise.all(Array.from({ length: 8 }, () => searchBatch(clients, { searches: 12, topK: 40 }))),
  "lists of large values": (clients) =>
    Promise.all(
      Array.from({ length: 8 }, async () => {
        const request = { namespace: "large", pageSize: 1000 };
        const page = await answered(
          clients,
          "List",
          clients.api.vector.list(request, { deadlineMs: DEADLINE_MS }),
        );
        if (page?.nextPageToken === "") throw new Error("a page of 1000 records of 1 MB");
      }),
    ),
  "gets of large records": async (clients) => {
    const get = (count: number) => {
      const records = Array.from({ length: count }, (_, index) => keyOf("large", index));
      return answered(
        clients,
        `Get of ${count}`,
        clients.api.vector.get({ records }, { deadlineMs: DEADLINE_MS }),
      );
    };
    const answers = await Promise.all([240, 240, 15, 15, 15, 240].map(get));
    if (answers[0] !== undefined) throw new Error("an answer of 240 MB");
  },
  "writes with metadata of millions of empty objects": (clients) => {
    const body = upsertBody("empty-objects", 200, EMPTY_OBJECTS);
    const codes = [status.OK, status.RESOURCE_EXHAUSTED, status.DEADLINE_EXCEEDED];
    return Promise.all(
      (["plain", "gzip"] as const).map((form) => sent(clients, form, { method: "Upsert", body, codes })),
    );
  },
  "writes of 15 MB": (clients) =>
    Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        sent(clients, index % 2 === 0 ? "plain" : "gzip", {
          method: "Upsert",
          body: upsertBody(`written-${index}`, 15, LARGE_VALUE),
          codes: [status.OK, status.RESOURCE_EXHAUSTED],
        }),
      ),
    ),
};

/** Resolves with what the call returned, or undefined when it was refused by name. */
async function answered<T>(
  { ended }: LargeRequestClients,
  what: string,
  call: Promise<T>,
): Promise<T | undefined> {
  try {
    const value = await call;
    ended.push(`${what}: OK`);
    return value;
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    const { status: code, message, reason } = error.failure;
    ended.push(`${what}: ${reason}`);
    if (code !== "RESOURCE_EXHAUSTED" || !NAMED.test(message))
      throw new Error(`${what}: ${code}: ${message}`);
    return undefined;
  }
}

async function searchBatch(
  clients: LargeRequestClients,
  { searches, topK }: { readonly searches: number; readonly topK: number },
): Promise<void> {
  const requests = Array.from({ length: searches }, () => ({ namespaces: ["wide"], vector: VECTOR, topK }));
  const call = clients.api.vector.searchBatch({ requests }, { deadlineMs: DEADLINE_MS });
  const batch = await answered(clients, `SearchBatch of ${searches} x ${topK}`, call);
  for (const { response, error } of batch?.results ?? []) {
    if (response) {
      if (response.hits.length !== topK) throw new Error(`${response.hits.length} hits, not ${topK}`);
    } else if (error?.code !== status.RESOURCE_EXHAUSTED || !NAMED.test(error.message)) {
      throw new Error(`a search of a batch: ${error?.code}: ${error?.message}`);
    }
  }
}

interface RawRequest {
  readonly method: string;
  readonly body: Buffer;
  /** How it may end. */
  readonly codes: readonly number[];
}

async function sent(
  clients: LargeRequestClients,
  form: "plain" | "gzip",
  { method, body, codes }: RawRequest,
): Promise<void> {
  const { code, message } = await clients[form].send(method, body);
  const what = `${method} of ${body.length} bytes`;
  clients.ended.push(`${what}: ${status[code]}`);
  if (!codes.includes(code) || (code === status.RESOURCE_EXHAUSTED && !NAMED.test(message)))
    throw new Error(`${what}: ${status[code]}: ${message}`);
}

/** How often each ended how. */
export function countEnded({ ended }: LargeRequestClients): string {
  const counts = new Map<string, number>();
  for (const end of ended.splice(0)) counts.set(end, (counts.get(end) ?? 0) + 1);
  return [...counts].map(([end, count]) => `${count} x ${end}`).join(", ");
}

export function keyOf(namespace: string, index: number) {
  return { namespace, key: `k${String(index).padStart(4, "0")}` };
}

/** A field of bytes, texts or messages: its tag, its length, its content. */
function field(number: number, content: Buffer): Buffer {
  const length: number[] = [];
  for (let rest = content.length; ; rest >>>= 7) {
    length.push(rest >= 128 ? (rest & 127) | 128 : rest);
    if (rest < 128) break;
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), content]);
}

/** An Upsert of `count` records that have `content` besides names and vector. */
function upsertBody(namespace: string, count: number, content: Buffer): Buffer {
  const record = (index: number) => [
    field(1, Buffer.from(namespace)),
    field(2, Buffer.from(`k${index}`)),
    content,
    field(6, field(1, Buffer.from(Float32Array.of(1, 2, 3).buffer))),
  ];
  return Buffer.concat(Array.from({ length: count }, (_, index) => field(2, Buffer.concat(record(index)))));
}

const LARGE_VALUE = field(3, Buffer.alloc(VALUE, "v"));
/** Of a google.protobuf.Value that is an empty object: four bytes, of which a decoder makes hundreds. */
const EMPTY_OBJECT = Buffer.from([0x0a, 2, 0x2a, 0]);
const EMPTY_OBJECTS = field(
  4,
  field(
    1,
    Buffer.concat([field(1, Buffer.from("a")), field(2, field(6, Buffer.alloc(4 * 20_000, EMPTY_OBJECT)))]),
  ),
);
