/** The operations that run on this coordinator. */
import type { OperationRecords } from "./records.ts";
import { type OperationStart, type RunnerDeps, type RunningOperation, runOperation } from "./runner.ts";
import type { Operation, OperationKind } from "./types.ts";

export type RunningOperationsDeps = Omit<RunnerDeps, "onChange"> & { readonly records: OperationRecords };

export interface RunningOperations {
  /**
   * Writes that this coordinator runs it, over the record at `revision`, then does. Throws
   * STATEMENT_CONFLICT, NOT_LEADER and STORE_UNAVAILABLE before anything is done.
   */
  start(start: OperationStart): Promise<RunningOperation>;
  /** undefined: it does not run here. */
  find(id: string): RunningOperation | undefined;
  /** Resolves when all that run now have ended. Default: of every kind. */
  allEnded(isMeant?: (kind: OperationKind) => boolean): Promise<void>;
  /** Calls `listener` after each change of an operation that runs here; returns how to stop that. */
  onChange(listener: (operation: Operation) => void): () => void;
}

export function createRunningOperations(deps: RunningOperationsDeps): RunningOperations {
  const running = new Map<string, RunningOperation>();
  const listeners = new Set<(operation: Operation) => void>();
  const onChange = (operation: Operation) => {
    for (const listener of listeners) listener(operation);
  };
  return {
    async start({ operation, revision, leaderTerm }) {
      const { id } = operation;
      const started = await deps.records.put(operation, revision, leaderTerm?.leadership);
      const run = runOperation({ ...deps, onChange }, { operation, revision: started, leaderTerm });
      running.set(id, run);
      void run.ended.then(() => running.delete(id));
      return run;
    },
    find: (id) => running.get(id),
    async allEnded(isMeant = () => true) {
      await Promise.all([...running.values()].map(({ kind, ended }) => (isMeant(kind) ? ended : undefined)));
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
