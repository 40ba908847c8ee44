/** Writes records that may be written again, until each is applied or refused for good. */
import { setTimeout as wait } from "node:timers/promises";
import { CallError, type Failure, toFailure } from "../client/call-error.ts";
import type { Client } from "../client/client.ts";
import type { NewRecord } from "../client/messages.ts";

const ATTEMPTS = 10;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

export interface RefusedRecord<Item> {
  readonly item: Item;
  readonly failure: Failure;
}

export interface Batch<Item> {
  readonly collection: string | undefined;
  readonly items: readonly Item[];
  /** Called before each wait for the next attempt. */
  readonly onWait: (milliseconds: number) => void;
}

/**
 * Upserts a batch; what fails for a passing reason is sent again after the delay the service asks for.
 * Returns the records that were refused or still failed at the last attempt. Throws CallError when the whole
 * batch was refused for good.
 */
export async function writeBatch<Item extends { readonly record: NewRecord }>(
  client: Client,
  { collection, items, onWait }: Batch<Item>,
): Promise<RefusedRecord<Item>[]> {
  const refused: RefusedRecord<Item>[] = [];
  let left = items;
  for (let attempt = 1; ; attempt++) {
    const failed = await writeOnce(client, collection, left);
    const again = failed.filter(({ failure }) => attempt < ATTEMPTS && mayPass(failure));
    refused.push(...failed.filter((one) => !again.includes(one)));
    if (again.length === 0) return refused;
    left = again.map(({ item }) => item);
    const asked = Math.max(...again.map(({ failure }) => failure.retryDelayMs ?? 0));
    const backOff = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS) * (0.5 + Math.random() / 2);
    onWait(Math.max(asked, backOff));
    await wait(Math.max(asked, backOff));
  }
}

async function writeOnce<Item extends { readonly record: NewRecord }>(
  client: Client,
  collection: string | undefined,
  items: readonly Item[],
): Promise<RefusedRecord<Item>[]> {
  try {
    const { results } = await client.vector.upsert({
      collection,
      records: items.map(({ record }) => record),
    });
    return items.flatMap((item, index) => {
      const failure = toFailure(results[index]?.status ?? null);
      return failure === undefined ? [] : [{ item, failure }];
    });
  } catch (error) {
    if (!(error instanceof CallError) || !mayPass(error.failure)) throw error;
    return items.map((item) => ({ item, failure: error.failure }));
  }
}

/** An upsert may be repeated safely, so an unknown outcome is a passing reason too. */
function mayPass({ status, reason }: Failure): boolean {
  return (
    status === "UNAVAILABLE" ||
    (status === "RESOURCE_EXHAUSTED" && reason !== "TOO_LARGE") ||
    status === "DEADLINE_EXCEEDED" ||
    reason === "STATEMENT_CONFLICT" ||
    reason === "WRITE_OUTCOME_UNKNOWN"
  );
}
