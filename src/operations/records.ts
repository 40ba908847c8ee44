/** Operations as the store keeps them, and what can be read off a record. */
import type { Leadership, MapStore, OperationEntry, Stored } from "../topology/map-store.ts";
import type { Operation } from "./types.ts";

export interface OperationRecords {
  get(id: string): Promise<Stored<Operation> | undefined>;
  list(): Promise<readonly Stored<Operation>[]>;
  /**
   * Returns the new revision. STATEMENT_CONFLICT when the record is not at `expected` (undefined: not there), NOT_LEADER
   * when a leadership is given that does not hold any more.
   */
  put(operation: Operation, expected: string | undefined, leadership?: Leadership): Promise<string>;
  /** The same, when `expected` is given; nothing happens when there is no such record. */
  delete(
    id: string,
    options?: { readonly expected: string; readonly leadership?: Leadership },
  ): Promise<void>;
}

export function createRecords(store: MapStore): OperationRecords {
  const parse = ({ value, revision }: Stored<OperationEntry>): Stored<Operation> => ({
    value: JSON.parse(value.json) as Operation,
    revision,
  });
  return {
    async get(id) {
      const stored = await store.getOperation(id);
      return stored && parse(stored);
    },
    async list() {
      return (await store.listOperations()).map(parse);
    },
    put: (operation, expected, leadership) =>
      store.putOperation({ id: operation.id, json: JSON.stringify(operation) }, expected, leadership),
    delete: (id, options) => store.deleteOperation(id, options),
  };
}

export function isFinished({ state }: Operation): boolean {
  return state === "done" || state === "failed" || state === "cancelled";
}
