/** The first run: loads real words, searches them, and shows how to call the service. */
import { join } from "node:path";
import type { Writable } from "node:stream";
import { readWords, type Word } from "../../examples/words/read-words.ts";
import { CallError } from "../client/call-error.ts";
import { type Client, createClient } from "../client/client.ts";
import type { NewRecord, SearchRequest } from "../client/messages.ts";
import { packageRoot } from "../lib/package-root.ts";
import { CommandFailed } from "./exit.ts";
import { toVector } from "./values.ts";
import { writeBatch } from "./write-batch.ts";

const COLLECTION = "words";
const DIMENSION = 100;
/** Half the default: builds the index in half the time, and finds no less among so few words. */
const HNSW = { m: 8, efConstruction: 32 };
const BATCH = 500;
const NEIGHBOURS = 5;
const TIMED = 100;

type Scope = Pick<SearchRequest, "namespaces" | "allNamespaces">;

export interface DevOptions {
  /** `host:port` of a coordinator's gRPC. */
  readonly address: string;
  readonly stdout: Writable;
  /** Whether the coordinator goes on after this. */
  readonly stays: boolean;
}

/**
 * Loads the collection `words` unless it is there already, prints a few searches in it, how long searches
 * take and how to do the same, and returns. Throws CallError, or CommandFailed when words were refused.
 */
export async function runDev({ address, stdout, stays }: DevOptions): Promise<void> {
  const client = createClient(address);
  const print = (text: string) => stdout.write(`${text}\n`);
  try {
    const words = [...readWords(join(packageRoot(), "examples/words/words.bin"))];
    await loadWords(client, words, print);
    print("");
    for (const word of ["river", "doctor"]) {
      print(`Like "${word}", words with s: ${await neighbours(client, word, { namespaces: ["s"] })}`);
      print(`Like "${word}", all words:    ${await neighbours(client, word, { allNamespaces: true })}`);
    }
    print(await searchTimes(client, words));
    print(stays ? howToCall(address) : HOW_TO_GO_ON);
  } finally {
    client.close();
  }
}

async function loadWords(
  client: Client,
  words: readonly Word[],
  print: (text: string) => void,
): Promise<void> {
  const records = words.map(toRecord);
  const present = await countWords(client);
  if (present === records.length) {
    print(`Collection "${COLLECTION}" has its ${present} words already.`);
    return;
  }
  const startedAt = performance.now();
  print(
    `Loading ${records.length} words, one namespace per first letter, into collection "${COLLECTION}" ...`,
  );
  if (present === undefined) await createCollection(client);
  for (let at = 0; at < records.length; at += BATCH) {
    const items = records.slice(at, at + BATCH).map((record) => ({ record }));
    const [refused] = await writeBatch(client, { collection: COLLECTION, items, onWait: () => {} });
    if (refused !== undefined) {
      throw new CommandFailed(`"${refused.item.record.key}" was refused: ${refused.failure.message}`);
    }
  }
  const seconds = (performance.now() - startedAt) / 1000;
  print(`Loaded in ${seconds.toFixed(1)} s, ${Math.round(records.length / seconds)} words a second.`);
}

function toRecord({ word, vector }: Word): NewRecord {
  return { ...refTo(word), value: word, vector: toVector([...vector]) };
}

function refTo(word: string) {
  return { namespace: word.charAt(0), key: word };
}

/** undefined when there is no such collection. */
async function countWords(client: Client): Promise<number | undefined> {
  try {
    const { count } = await client.vector.count({ collection: COLLECTION, allNamespaces: true });
    return Number(count);
  } catch (error) {
    if (error instanceof CallError && error.failure.status === "NOT_FOUND") return undefined;
    throw error;
  }
}

async function createCollection(client: Client): Promise<void> {
  let operation = await client.collection.createCollection({
    collection: { name: COLLECTION, dimension: DIMENSION, hnsw: HNSW },
  });
  if (operation.endTime === null) {
    for await (operation of client.operation.watchOperation({ id: operation.id }));
  }
  if (operation.state === "OPERATION_STATE_DONE") return;
  throw new CommandFailed(`collection "${COLLECTION}" was not created: ${operation.error?.message}`);
}

/** The words most similar to a stored one, without itself, with their similarities. */
async function neighbours(client: Client, word: string, scope: Scope): Promise<string> {
  const record = refTo(word);
  const { hits } = await client.vector.search({
    ...scope,
    collection: COLLECTION,
    record,
    topK: NEIGHBOURS + 1,
  });
  const others = hits.filter(({ key }) => key !== word).slice(0, NEIGHBOURS);
  return others.map(({ key, similarity }) => `${key} ${similarity.toFixed(3)}`).join(", ");
}

/** Of searches one after another, by words from all over the sample, in milliseconds. */
async function searchTimes(client: Client, words: readonly Word[]): Promise<string> {
  const asked = words.filter((_, at) => at % Math.floor(words.length / TIMED) === 0);
  const median = async (scope: (word: string) => Scope) => {
    const times: number[] = [];
    for (const { word } of asked) {
      const startedAt = performance.now();
      await neighbours(client, word, scope(word));
      times.push(performance.now() - startedAt);
    }
    return times.sort((a, b) => a - b)[times.length >> 1]?.toFixed(1);
  };
  const one = await median((word) => ({ namespaces: [refTo(word).namespace] }));
  const all = await median(() => ({ allNamespaces: true }));
  return `${asked.length} searches in turn: median ${one} ms in one namespace, ${all} ms in all.`;
}

const HOW_TO_GO_ON =
  "\nThis coordinator ends here. `npm start` does the same and stays up, for the command line, grpcurl and clients.\n";

function howToCall(address: string): string {
  return `
Orrery listens on ${address}. The same search with grpcurl:

  grpcurl -plaintext -d '{"collection":"words","all_namespaces":true,"record":{"namespace":"r","key":"river"},"top_k":5}' \\
    ${address} orrery.v1.VectorService/Search

and in TypeScript, from this folder:

  import { createClient } from "./dist/src/client/client.js";
  const { hits } = await createClient("${address}").vector.search({ collection: "words", allNamespaces: true, record: { namespace: "r", key: "river" } });
`;
}
