/** How many operations there are in which state, and how long the slowest has not moved. */
import { isOrreryError } from "../../errors.ts";
import type { OperationRecords } from "../../operations/records.ts";
import { isFinished } from "../../operations/records.ts";
import type { OperationKind, OperationState } from "../../operations/types.ts";
import type { Look } from "../ask-nodes.ts";

export interface OperationsLook {
  readonly counts: readonly {
    readonly kind: OperationKind;
    readonly state: OperationState;
    readonly count: number;
  }[];
  /** By kind: the longest that the record of an unfinished operation has not changed. */
  readonly idleSeconds: ReadonlyMap<OperationKind, number>;
  /** Records in the store that nobody can read. */
  readonly unreadable: number;
}

export interface OperationsOptions {
  readonly records: Pick<OperationRecords, "scan">;
  /** Of those that the engine keeps after they ended; absent: they stay among `records`. */
  readonly countFinished?: ((signal: AbortSignal) => Promise<OperationsLook["counts"]>) | undefined;
  /** This process's own: the times in the records are of whoever wrote them. */
  readonly monotonicMs: () => number;
}

export function createOperationsCollector({
  records,
  countFinished,
  monotonicMs,
}: OperationsOptions): (look: Pick<Look, "signal" | "failed">) => Promise<OperationsLook> {
  let changed: ReadonlyMap<string, { readonly revision: string; readonly atMs: number }> = new Map();
  // What was counted last, while the database does not answer.
  let finished: OperationsLook["counts"] = [];

  return async (look) => {
    const { operations: stored, unreadable } = await records.scan();
    finished =
      (await countFinished?.(look.signal).catch((error: unknown) => {
        if (!isOrreryError(error)) throw error;
        // A schema that has no place for them has none to count.
        if (error.code !== "NODE_NOT_MIGRATED") look.failed(error);
        return finished;
      })) ?? [];
    const nowMs = monotonicMs();
    changed = new Map(
      stored.map(({ value: { id }, revision }) => {
        const before = changed.get(id);
        return [id, before?.revision === revision ? before : { revision, atMs: nowMs }] as const;
      }),
    );
    const counts = new Map(finished.map((count) => [`${count.kind} ${count.state}`, count]));
    const idleSeconds = new Map(finished.map(({ kind }) => [kind, 0]));
    for (const { value } of stored) {
      const { id, kind, state } = value;
      const key = `${kind} ${state}`;
      counts.set(key, { kind, state, count: (counts.get(key)?.count ?? 0) + 1 });
      const idleMs = isFinished(value) ? 0 : nowMs - (changed.get(id)?.atMs ?? nowMs);
      idleSeconds.set(kind, Math.max(idleSeconds.get(kind) ?? 0, idleMs / 1000));
    }
    return { counts: [...counts.values()], idleSeconds, unreadable: unreadable.length };
  };
}
