/** Searches and writes of one namespace at a fixed rate, each with its own start, latency and end. */
import { type Client, createClient } from "../../../src/client/client.ts";
import type { BenchRecord } from "../../data/dataset.ts";

export interface Timed {
  /** `performance.now()` when it was due. */
  readonly atMs: number;
  readonly elapsedMs: number;
  /** Of a search that was answered: waiting for a connection. */
  readonly queueMs?: number;
  /** undefined: answered. */
  readonly error?: string;
}

export interface SteadyLoad {
  readonly searches: readonly Timed[];
  readonly writes: readonly Timed[];
  /** Keys whose writes were acknowledged. */
  readonly written: readonly string[];
  /** Lets what is under way end. */
  stop(): Promise<void>;
}

export interface SteadyLoadOptions {
  readonly address: string;
  readonly collection: string;
  readonly namespace: string;
  readonly queries: readonly Float32Array[];
  readonly records: readonly BenchRecord[];
  readonly searchesPerSecond: number;
  /** Calls, each of `ROWS_PER_WRITE` new records. */
  readonly writesPerSecond: number;
}

const DEADLINE_MS = 5_000;
const ROWS_PER_WRITE = 10;

/** Latency counts from when a call was due, so that a stall is charged to all that came in it. */
export function startSteadyLoad(options: SteadyLoadOptions): SteadyLoad {
  const { address, collection, namespace, queries, records } = options;
  const client = createClient(address);
  // A cluster that stays has the records of earlier runs.
  const run = Date.now();
  const searches: Timed[] = [];
  const writes: Timed[] = [];
  const written: string[] = [];
  const underWay = new Set<Promise<void>>();
  const stopSearches = everySecond(options.searchesPerSecond, (number, atMs) =>
    track(underWay, searches, atMs, () =>
      search(client, { collection, namespace, query: at(queries, number) }),
    ),
  );
  const stopWrites = everySecond(options.writesPerSecond, (number, atMs) =>
    track(underWay, writes, atMs, async () => {
      const rows = Array.from({ length: ROWS_PER_WRITE }, (_, row) => ({
        namespace,
        key: `new/${run}/${number}/${row}`,
        vector: toVector(at(records, number * ROWS_PER_WRITE + row).vector),
      }));
      const { results } = await client.vector.upsert(
        { collection, records: rows, mode: "WRITE_MODE_INSERT" },
        { deadlineMs: DEADLINE_MS },
      );
      const refused = results.find(({ status }) => status !== null && status.code !== 0);
      if (refused !== undefined) throw new Error(refused.status?.message);
      written.push(...rows.map(({ key }) => key));
      return undefined;
    }),
  );
  return {
    searches,
    writes,
    written,
    async stop() {
      stopSearches();
      stopWrites();
      await Promise.all(underWay);
      client.close();
    },
  };
}

async function search(
  client: Client,
  {
    collection,
    namespace,
    query,
  }: { readonly collection: string; readonly namespace: string; readonly query: Float32Array },
): Promise<{ readonly queueMs: number }> {
  const { hits, timings } = await client.vector.search(
    { collection, namespaces: [namespace], vector: toVector(query), topK: 10 },
    { deadlineMs: DEADLINE_MS },
  );
  if (hits.length !== 10) throw new Error(`${hits.length} hits`);
  return { queueMs: timings?.queueMs ?? 0 };
}

function track(
  underWay: Set<Promise<void>>,
  into: Timed[],
  atMs: number,
  call: () => Promise<{ readonly queueMs?: number } | undefined>,
): void {
  const done = call()
    .then(
      (more) => into.push({ atMs, elapsedMs: performance.now() - atMs, ...more }),
      (error: unknown) => into.push({ atMs, elapsedMs: performance.now() - atMs, error: String(error) }),
    )
    .then(() => {
      underWay.delete(done);
    });
  underWay.add(done);
}

/** Calls `due` with the number of each call and the time it was due; returns how to stop that. */
function everySecond(rate: number, due: (number: number, atMs: number) => void): () => void {
  const startMs = performance.now();
  let next = 0;
  const timer = setInterval(() => {
    for (; startMs + (next * 1000) / rate <= performance.now(); next += 1) {
      due(next, startMs + (next * 1000) / rate);
    }
  }, 2);
  return () => clearInterval(timer);
}

function at<T>(items: readonly T[], index: number): T {
  return items[index % items.length] as T;
}

function toVector(vector: Float32Array) {
  return { f32Le: new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength) };
}
