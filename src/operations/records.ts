/** The records of operations in the store. */
import { isOrreryError } from "../errors.ts";
import type { Leadership, MapStore, OperationEntry, Stored } from "../topology/map-store.ts";
import { readRecord } from "./read-record.ts";
import type { Operation, UnreadableRecord } from "./types.ts";

/** All records of one place at one time. */
export interface RecordsScan {
  readonly operations: readonly Stored<Operation>[];
  /** They keep no other operation waiting, since nobody knows what they are. */
  readonly unreadable: readonly Stored<UnreadableRecord>[];
}

export interface OperationRecords {
  /** OPERATION_UNREADABLE. */
  get(id: string): Promise<Stored<Operation> | undefined>;
  /** Those that can be read. */
  list(): Promise<readonly Stored<Operation>[]>;
  scan(): Promise<RecordsScan>;
  /** Of a record that may be unreadable; undefined when there is none. */
  revisionOf(id: string): Promise<string | undefined>;
  /**
   * Returns the new revision. STATEMENT_CONFLICT when the record is not at `expected` (undefined: not there),
   * NOT_LEADER when a leadership is given that does not hold any more.
   */
  put(operation: Operation, expected: string | undefined, leadership?: Leadership): Promise<string>;
  /** The same, when `expected` is given; nothing happens when there is no such record. */
  delete(
    id: string,
    options?: { readonly expected: string; readonly leadership?: Leadership },
  ): Promise<void>;
}

export function createRecords(store: MapStore): OperationRecords {
  const scan = async () => readRecords(await store.listOperations());
  return {
    async get(id) {
      const stored = await store.getOperation(id);
      return stored && { value: readRecord(stored.value), revision: stored.revision };
    },
    list: async () => (await scan()).operations,
    scan,
    revisionOf: async (id) => (await store.getOperation(id))?.revision,
    put: (operation, expected, leadership) =>
      store.putOperation({ id: operation.id, json: JSON.stringify(operation) }, expected, leadership),
    delete: (id, options) => store.deleteOperation(id, options),
  };
}

export const NO_RECORDS: RecordsScan = { operations: [], unreadable: [] };

/** Pure. */
export function readRecords(entries: readonly Stored<OperationEntry>[]): RecordsScan {
  const operations: Stored<Operation>[] = [];
  const unreadable: Stored<UnreadableRecord>[] = [];
  for (const { value, revision } of entries) {
    try {
      operations.push({ value: readRecord(value), revision });
    } catch (error) {
      if (!isOrreryError(error, "OPERATION_UNREADABLE")) throw error;
      unreadable.push({ value: { id: value.id, problem: error.message }, revision });
    }
  }
  return { operations, unreadable };
}

export function isFinished({ state }: Operation): boolean {
  return state === "done" || state === "failed" || state === "cancelled";
}
