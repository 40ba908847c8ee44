/** The records of operations in the store. */
import { isOrreryError, OrreryError } from "../errors.ts";
import type { Leadership, MapStore, OperationEntry, Stored } from "../topology/map-store.ts";
import { createRecordEncoder, withMoves } from "./move-parts.ts";
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
  /** The same, maybe with `movesIn` for its moves. */
  head(id: string): Promise<Stored<Operation> | undefined>;
  /** Those that can be read, maybe with `movesIn` for their moves. */
  list(): Promise<readonly Stored<Operation>[]>;
  /** Maybe with `movesIn` for their moves. */
  scan(): Promise<RecordsScan>;
  /** One of a list, with its moves; undefined when it has changed meanwhile. OPERATION_UNREADABLE. */
  whole(record: Stored<Operation>): Promise<Stored<Operation> | undefined>;
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
  const encode = createRecordEncoder();
  const scan = async () => readRecords(await store.listOperations());
  const get = async (id: string) => {
    const stored = await store.getOperation(id);
    if (stored === undefined) return undefined;
    const { value, revision } = stored;
    return { value: withMoves(readRecord(value), value.parts ?? new Map()), revision };
  };
  const head = async (id: string) => {
    const stored = await store.getOperationHead(id);
    return stored && { value: readRecord(stored.value), revision: stored.revision };
  };
  /** Of the record that is to be replaced; none when it cannot be read. */
  const partsAt = async (id: string, expected: string | undefined): Promise<readonly string[]> => {
    const stored = expected === undefined ? undefined : await store.getOperationHead(id);
    if (stored?.revision !== expected) {
      throw new OrreryError("STATEMENT_CONFLICT", `operation ${id} has changed in the meantime`);
    }
    return (stored && readRecords([stored]).operations[0]?.value.movesIn) ?? [];
  };
  return {
    get,
    head,
    async whole(record) {
      if (record.value.movesIn === undefined) return record;
      const found = await get(record.value.id);
      return found?.revision === record.revision ? found : undefined;
    },
    list: async () => (await scan()).operations,
    scan,
    revisionOf: async (id) => (await store.getOperationHead(id))?.revision,
    async put(operation, expected, leadership) {
      const { id } = operation;
      const { json, parts } = encode(operation);
      if (parts.size === 0) return store.putOperation({ id, json }, expected, leadership);
      const before = await partsAt(id, expected);
      const had = new Set(before);
      const added = new Map([...parts].filter(([name]) => !had.has(name)));
      const removed = before.filter((name) => !parts.has(name));
      return store.putOperation({ id, json, change: { added, removed } }, expected, leadership);
    },
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
