/** How many operations there are in which state, and how long the slowest has not moved. */
import type { OperationRecords } from "../../operations/records.ts";
import { isFinished } from "../../operations/records.ts";
import type { OperationKind, OperationState } from "../../operations/types.ts";

export interface OperationsLook {
  readonly counts: readonly {
    readonly kind: OperationKind;
    readonly state: OperationState;
    readonly count: number;
  }[];
  /** By kind: the longest that the record of an unfinished operation has not changed. */
  readonly idleSeconds: ReadonlyMap<OperationKind, number>;
}

/** `clock` is this process's own: the times in the records are of whoever wrote them. */
export function createOperationsCollector(
  records: Pick<OperationRecords, "list">,
  clock: () => number,
): () => Promise<OperationsLook> {
  let changed: ReadonlyMap<string, { readonly revision: string; readonly atMs: number }> = new Map();

  return async () => {
    const stored = await records.list();
    const nowMs = clock();
    changed = new Map(
      stored.map(({ value: { id }, revision }) => {
        const before = changed.get(id);
        return [id, before?.revision === revision ? before : { revision, atMs: nowMs }] as const;
      }),
    );
    const counts = new Map<string, OperationsLook["counts"][number]>();
    const idleSeconds = new Map<OperationKind, number>();
    for (const { value } of stored) {
      const { id, kind, state } = value;
      const key = `${kind} ${state}`;
      counts.set(key, { kind, state, count: (counts.get(key)?.count ?? 0) + 1 });
      const idleMs = isFinished(value) ? 0 : nowMs - (changed.get(id)?.atMs ?? nowMs);
      idleSeconds.set(kind, Math.max(idleSeconds.get(kind) ?? 0, idleMs / 1000));
    }
    return { counts: [...counts.values()], idleSeconds };
  };
}
