/** A coordinator that is given 512 MiB, over real servers: what it holds through requests of every size. */
import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CallError } from "../../src/client/call-error.ts";
import { f32, runMigrate } from "../support/coordinator.ts";
import { type CoordinatorProcess, startCoordinatorProcess } from "../support/coordinator-process.ts";
import {
  createRawClient,
  peakMemory,
  percentile,
  type RawClient,
  repeated,
  type SmallSearches,
  searchDuring,
} from "../support/memory-load.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";

const MB = 2 ** 20;
const GIVEN = 512 * MB;
const VALUE = MB - 1024;
const WIDE_VALUE = 32 * 1024;
/** How an answer may end: with what was asked for, or with a refusal that names what is too large or full. */
const NAMED = /rpc\.max\w+|memory\.\w+|limits\.\w+|pool\.\w+|for a connection/;

let server: PostgresServer;
let coordinator: CoordinatorProcess;
const vector = f32([1, 2, 3]);
const raw: RawClient[] = [];

const ended: string[] = [];

/** Resolves with what the call returned, or undefined when it was refused by name. */
async function answered<T>(what: string, call: Promise<T>): Promise<T | undefined> {
  try {
    const value = await call;
    ended.push(`${what}: OK`);
    return value;
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    const { status: code, message, reason } = error.failure;
    ended.push(`${what}: ${reason}`);
    expect({ what, code, message }).toEqual({
      what,
      code: "RESOURCE_EXHAUSTED",
      message: expect.stringMatching(NAMED),
    });
    return undefined;
  }
}

async function sent(
  client: RawClient,
  method: string,
  body: Buffer,
  codes: readonly number[],
): Promise<void> {
  const { code, message } = await client.send(method, body);
  ended.push(`${method} of ${body.length} bytes: ${status[code]}`);
  expect(codes, `${method} of ${body.length} bytes: ${message}`).toContain(code);
  if (code === status.RESOURCE_EXHAUSTED) expect(message).toMatch(NAMED);
}

function rawClient(options?: { readonly gzip: boolean }): RawClient {
  const client = createRawClient(coordinator.address, options);
  raw.push(client);
  return client;
}

/** Writes `count` records like the one that is there, with a value of `bytes`. */
async function copyRecords(namespace: string, count: number, bytes: number): Promise<void> {
  await coordinator.client.vector.upsert({ records: [{ namespace, key: "k0000", value: "", vector }] });
  const tables = await server.sql(
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE tablename LIKE 'memory_entries%'",
  );
  for (const { name } of tables) {
    await server.sql(`INSERT INTO ${name} (shard_key, namespace, key, value, metadata, tags, embedding, created_at, updated_at, version)
SELECT shard_key, namespace, 'k' || lpad(i::text, 4, '0'), repeat('x', ${bytes}), metadata, tags, embedding, created_at, updated_at, version
FROM ${name}, generate_series(1, ${count - 1}) i WHERE namespace = '${namespace}' AND key = 'k0000'`);
  }
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
  const f32Le = Buffer.from(Float32Array.of(1, 2, 3).buffer);
  const record = (index: number) => [
    field(1, Buffer.from(namespace)),
    field(2, Buffer.from(`k${index}`)),
    content,
    field(6, field(1, f32Le)),
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

beforeAll(async () => {
  server = await startPostgres({ database: "orrery" });
  const env = {
    ORRERY_ENGINE: "postgres",
    ORRERY_POSTGRES_URLS: server.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
  };
  await runMigrate(env);
  coordinator = await startCoordinatorProcess({
    ...env,
    // What Node gives itself in a container of this size.
    NODE_OPTIONS: "--max-old-space-size=256",
    ORRERY_MEMORY_LIMIT: "512MB",
  });
  await copyRecords("large", 300, VALUE);
  await copyRecords("wide", 1000, WIDE_VALUE);
  await copyRecords("small", 20, 100);
});

afterAll(async () => {
  for (const client of raw) client.close();
  await coordinator?.kill();
  await server?.stop();
});

const keys = (namespace: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ namespace, key: `k${String(index).padStart(4, "0")}` }));

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("a coordinator that is given 512 MiB", () => {
  const work: Record<string, () => Promise<unknown>> = {
    "requests of a million empty items": async () => {
      const clients = [rawClient(), rawClient({ gzip: true })];
      const bodies = [
        ["SearchBatch", [0x0a, 0x00]],
        ["Search", [0x12, 0x00]],
        ["Upsert", [0x12, 0x00]],
        ["Get", [0x12, 0x00]],
        ["Delete", [0x12, 0x00]],
      ] as const;
      await Promise.all(
        clients.flatMap((client) =>
          bodies.map(([method, part]) =>
            sent(client, method, repeated(part, 15 * MB), [
              status.INVALID_ARGUMENT,
              status.RESOURCE_EXHAUSTED,
            ]),
          ),
        ),
      );
    },
    "batches of searches with more payload than an answer may have": async () => {
      const request = { namespaces: ["wide"], vector, topK: 1000 };
      const batches = Array.from({ length: 4 }, async () => {
        const batch = await answered(
          "SearchBatch",
          coordinator.client.vector.searchBatch({ requests: Array.from({ length: 100 }, () => request) }),
        );
        for (const { error } of batch?.results ?? []) {
          expect(error).toMatchObject({
            code: status.RESOURCE_EXHAUSTED,
            message: expect.stringMatching(NAMED),
          });
        }
      });
      await Promise.all(batches);
    },
    "batches of searches whose answers just fit": async () => {
      const request = { namespaces: ["wide"], vector, topK: 40 };
      const batches = Array.from({ length: 8 }, async () => {
        const batch = await answered(
          "SearchBatch that fits",
          coordinator.client.vector.searchBatch({ requests: Array.from({ length: 12 }, () => request) }),
        );
        for (const { response, error } of batch?.results ?? []) {
          if (response) expect(response.hits).toHaveLength(40);
          else expect(error).toMatchObject({ message: expect.stringMatching(NAMED) });
        }
      });
      await Promise.all(batches);
    },
    "lists of large values": async () => {
      const list = () => coordinator.client.vector.list({ namespace: "large", pageSize: 1000 });
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          const page = await answered("List", list());
          expect(page?.nextPageToken ?? "more").not.toBe("");
        }),
      );
    },
    "gets of large records": async () => {
      const get = (count: number) =>
        answered(`Get of ${count}`, coordinator.client.vector.get({ records: keys("large", count) }));
      const answers = await Promise.all([get(240), get(240), get(15), get(15), get(15), get(240)]);
      expect(answers[0]).toBeUndefined();
    },
    "writes with metadata of millions of empty objects": async () => {
      const [plain, gzip] = [rawClient(), rawClient({ gzip: true })];
      const body = upsertBody("empty-objects", 200, EMPTY_OBJECTS);
      const codes = [status.OK, status.RESOURCE_EXHAUSTED, status.DEADLINE_EXCEEDED];
      await Promise.all([plain, gzip].map((client) => sent(client, "Upsert", body, codes)));
    },
    "writes of 15 MB": async () => {
      const [plain, gzip] = [rawClient(), rawClient({ gzip: true })];
      await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          sent(index % 2 === 0 ? plain : gzip, "Upsert", upsertBody(`written-${index}`, 15, LARGE_VALUE), [
            status.OK,
            status.RESOURCE_EXHAUSTED,
          ]),
        ),
      );
    },
  };

  it.each(Object.entries(work))("survives %s within it", async (_, run) => {
    await run();
    expect(coordinator.running, coordinator.log()).toBe(true);
    console.log(`peak ${Math.round(peakMemory(coordinator.pid) / MB)} MiB; ${summary()}`);
    expect(peakMemory(coordinator.pid)).toBeLessThanOrEqual(GIVEN);
  });

  it("survives all of them at once, and answers small requests meanwhile", async () => {
    const searches = { address: coordinator.address, namespace: "small" };
    const quiet = await searchDuring(searches, () => pause(3_000));
    const busy = await searchDuring(searches, () => Promise.all(Object.values(work).map((run) => run())));
    expect(coordinator.running, coordinator.log()).toBe(true);
    const p99 = ({ times }: SmallSearches) => `${percentile(times, 0.99).toFixed(1)} ms (${times.length})`;
    console.log(
      `peak ${Math.round(peakMemory(coordinator.pid) / MB)} MiB; small searches, p99: ${p99(quiet)} before, ${p99(busy)} meanwhile; ${summary()}`,
    );
    expect([...quiet.errors, ...busy.errors]).toEqual([]);
    expect(peakMemory(coordinator.pid)).toBeLessThanOrEqual(GIVEN);
  });
});

/** How often each ended how. */
function summary(): string {
  const counts = new Map<string, number>();
  for (const end of ended.splice(0)) counts.set(end, (counts.get(end) ?? 0) + 1);
  return [...counts].map(([end, count]) => `${count} x ${end}`).join(", ");
}
