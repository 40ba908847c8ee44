/** What others get from a node while somebody uses it badly. */
import { expect } from "vitest";
import type { Client } from "../../src/client/client.ts";

/** How a call ended: a reason of docs/errors.md, `ok`, or a status that has no reason. */
export async function endOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "ok";
  } catch (error) {
    const { failure } = error as { failure?: { reason?: string; status?: string } };
    return failure?.reason ?? failure?.status ?? String(error);
  }
}

/** Ends that prove that nothing was written. */
export const NOT_APPLIED = ["LOCK_TIMEOUT", "OVERLOADED", "DEADLINE_EXCEEDED"];

/** How often each end came. */
export function countEnds(ends: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const end of ends) counts[end] = (counts[end] ?? 0) + 1;
  return counts;
}

/** A record's vector, which differs from key to key. */
export const vectorOf = (seed: number) => ({
  f32Le: new Uint8Array(Float32Array.of(1, Math.sin(seed), Math.cos(seed * 7)).buffer),
});

/** Calls of each kind to each of these namespaces, one after another; every one has to succeed. */
export async function useAll(
  { vector }: Client,
  namespaces: readonly string[],
  { rounds, deadlineMs }: { readonly rounds: number; readonly deadlineMs: number },
): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (const namespace of namespaces) {
      const records = [{ namespace, key: `used ${round}`, value: "v", vector: vectorOf(round) }];
      const ends = await Promise.all([
        endOf(vector.search({ namespaces: [namespace], vector: vectorOf(round) }, { deadlineMs })),
        endOf(vector.get({ records: [{ namespace, key: "k0" }] }, { deadlineMs })),
        endOf(vector.upsert({ records }, { deadlineMs })),
      ]);
      expect(ends).toEqual(["ok", "ok", "ok"]);
    }
  }
}
