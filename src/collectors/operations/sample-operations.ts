/** Samples how many operations are in which state, and how long the slowest has made no progress. */
import { isOrreryError } from "../../errors.ts";
import type { Sampler } from "../sample.ts";

/** What a sample needs of one operation record. */
export interface StoredOperation {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly isFinished: boolean;
  /** Changes with every write of the record. */
  readonly revision: string;
}

export interface OperationCount {
  readonly kind: string;
  readonly state: string;
  readonly count: number;
}

export interface OperationsSample {
  readonly counts: readonly OperationCount[];
  /** By kind: the longest that the record of an unfinished operation has not changed. */
  readonly idleSeconds: ReadonlyMap<string, number>;
  /** Records in the store that cannot be read. */
  readonly unreadable: number;
}

export interface OperationsSamplerOptions {
  /** All operation records in the store. */
  readonly scanOperations: () => Promise<{
    readonly operations: readonly StoredOperation[];
    readonly unreadable: number;
  }>;
  /**
   * Counts finished operations in the database, which has them before the store says that they ended;
   * undefined where they stay in the store.
   */
  readonly countFinished?: ((signal: AbortSignal) => Promise<readonly OperationCount[]>) | undefined;
  /** Monotonic milliseconds. The times in the records are other processes' and cannot be compared. */
  readonly monotonicMs: () => number;
}

export function createOperationsSampler({
  scanOperations,
  countFinished,
  monotonicMs,
}: OperationsSamplerOptions): Sampler<OperationsSample> {
  let changed: ReadonlyMap<string, { readonly revision: string; readonly atMs: number }> = new Map();
  // The last count stays while the database does not answer.
  let finished: readonly OperationCount[] = [];
  let isInDatabase = countFinished !== undefined;

  return async ({ signal, failed }) => {
    const { operations, unreadable } = await scanOperations();
    try {
      finished = (await countFinished?.(signal)) ?? [];
      isInDatabase = countFinished !== undefined;
    } catch (error) {
      if (!isOrreryError(error)) throw error;
      // An older schema has no table for finished operations, so they stay in the store.
      if (error.code === "NODE_NOT_MIGRATED") isInDatabase = false;
      else failed(error);
    }
    const nowMs = monotonicMs();
    changed = new Map(
      operations.map(({ id, revision }) => {
        const before = changed.get(id);
        return [id, before?.revision === revision ? before : { revision, atMs: nowMs }] as const;
      }),
    );
    const counts = new Map(finished.map((count) => [`${count.kind} ${count.state}`, count]));
    const idleSeconds = new Map(finished.map(({ kind }) => [kind, 0]));
    for (const { id, kind, state, isFinished } of operations) {
      if (isFinished && isInDatabase) continue;
      const key = `${kind} ${state}`;
      counts.set(key, { kind, state, count: (counts.get(key)?.count ?? 0) + 1 });
      const idleMs = isFinished ? 0 : nowMs - (changed.get(id)?.atMs ?? nowMs);
      idleSeconds.set(kind, Math.max(idleSeconds.get(kind) ?? 0, idleMs / 1000));
    }
    return { counts: [...counts.values()], idleSeconds, unreadable };
  };
}
