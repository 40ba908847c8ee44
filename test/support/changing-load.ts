/** Records that are updated, deleted and written again, over and over, and what must be there afterwards. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { f32 } from "./coordinator.ts";

/** Of its keys; records with others are left alone. */
const PREFIX = "changing ";
const KEYS_PER_NAMESPACE = 40;
const DEADLINE = { deadlineMs: 10_000 };
/** Of updates, and of deletes: more than 200 a second in all, even where rounds are late. */
const PER_ROUND = 8;
const ROUND_MS = 50;

export interface ChangingLoad {
  /** Requests and records that failed. */
  readonly failures: readonly string[];
  /** Records that were updated or deleted. */
  changed(): number;
  /** The same by second, until it was stopped. */
  rate(): number;
  /** Ends the requests under way; what was acknowledged is then in the collection, and nothing else. */
  stop(): Promise<void>;
  /** Every record is as it was last written, and none twice. */
  expectAsWritten(): Promise<void>;
}

/** Writes the records first; `collection`: default the default one. */
export async function startChangingLoad(
  client: Pick<Client, "vector">,
  namespaces: readonly string[],
  { collection = "" }: { readonly collection?: string } = {},
): Promise<ChangingLoad> {
  /** By namespace and key; undefined: deleted. */
  const written = new Map<string, string | undefined>();
  const failures: string[] = [];
  let changed = 0;
  let running = true;

  type Names = readonly { readonly namespace: string; readonly key: string }[];
  const nameOf = ({ namespace, key }: Names[number]) => `${namespace} ${key}`;
  const note = (
    names: Names,
    results: readonly { readonly status: { readonly code: number; readonly message: string } | null }[],
    value: string | undefined,
  ) => {
    names.forEach((name, index) => {
      const status = results[index]?.status;
      if ((status?.code ?? 0) === 0) written.set(nameOf(name), value);
      else failures.push(`${nameOf(name)}: ${status?.message}`);
    });
  };
  const upsert = async (names: Names, value: string) => {
    const records = names.map((name, index) => ({ ...name, value, vector: f32([1, index + 1, 3]) }));
    note(names, (await client.vector.upsert({ collection, records }, DEADLINE)).results, value);
  };
  const remove = async (names: Names) =>
    note(
      names,
      (await client.vector.delete({ collection, records: [...names] }, DEADLINE)).results,
      undefined,
    );

  // Each round touches several namespaces, so that every shard is changed all the time.
  const all = Array.from({ length: KEYS_PER_NAMESPACE }, (_, index) =>
    namespaces.map((namespace) => ({ namespace, key: `${PREFIX}${index}` })),
  ).flat();
  for (let at = 0; at < all.length; at += 500) await upsert(all.slice(at, at + 500), "first");
  expect(failures).toEqual([]);

  const startedAt = performance.now();
  let stoppedAt: number | undefined;
  /** Each key belongs to one of the two, so that the order of its writes is known. */
  const loop = async (change: (round: number) => Promise<void>) => {
    for (let round = 0; running; round += 1) {
      const begun = performance.now();
      try {
        await change(round);
      } catch (error) {
        failures.push(String(error));
      }
      await sleep(Math.max(0, ROUND_MS - (performance.now() - begun)));
    }
  };
  const some = (of: Names, round: number): Names =>
    Array.from({ length: PER_ROUND }, (_, index) => of[(round * PER_ROUND + index) % of.length] as Names[0]);
  const updated = all.slice(0, all.length / 2);
  const deleted = all.slice(all.length / 2);
  const loops = [
    loop(async (round) => {
      await upsert(some(updated, round), `round ${round}`);
      changed += PER_ROUND;
    }),
    loop(async (round) => {
      const names = some(deleted, round);
      await remove(names);
      changed += PER_ROUND;
      await upsert(names, `again ${round}`);
    }),
  ];

  /** Those of this load, and how many there are in all. */
  const found = async () => {
    const records: [string, string | undefined][] = [];
    let total = 0;
    for (const namespace of namespaces) {
      for (let pageToken = ""; ; ) {
        const page = await client.vector.list(
          { collection, namespace, pageSize: 1_000, pageToken },
          DEADLINE,
        );
        total += page.records.length;
        const own = page.records.filter(({ key }) => key.startsWith(PREFIX));
        records.push(...own.map((record): [string, string] => [nameOf(record), record.value ?? ""]));
        pageToken = page.nextPageToken;
        if (pageToken === "") break;
      }
    }
    return { records: records.toSorted(), total };
  };
  return {
    failures,
    changed: () => changed,
    rate: () => (changed / ((stoppedAt ?? performance.now()) - startedAt)) * 1_000,
    async stop() {
      running = false;
      await Promise.all(loops);
      stoppedAt = performance.now();
    },
    async expectAsWritten() {
      const left = [...written].filter(([, value]) => value !== undefined).toSorted();
      const { records, total } = await found();
      expect(records).toEqual(left);
      const { count } = await client.vector.count({ collection, namespaces: [...namespaces] }, DEADLINE);
      expect(Number(count)).toBe(total);
    },
  };
}
