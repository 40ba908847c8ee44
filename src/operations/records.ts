/** Operations as the store keeps them, and what can be read off a record. */
import { OrreryError } from "../errors.ts";
import type { MapStore, OperationEntry, Stored } from "../topology/map-store.ts";
import type { Operation, OperationKind } from "./types.ts";

export interface OperationRecords {
  get(id: string): Promise<Stored<Operation> | undefined>;
  list(): Promise<readonly Stored<Operation>[]>;
  /** Returns the new revision. STATEMENT_CONFLICT when the record is not at `expected` (undefined: not there). */
  put(operation: Operation, expected: string | undefined): Promise<string>;
  delete(id: string): Promise<void>;
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
    put: (operation, expected) =>
      store.putOperation({ id: operation.id, json: JSON.stringify(operation) }, expected),
    delete: (id) => store.deleteOperation(id),
  };
}

export function isFinished({ state }: Operation): boolean {
  return state === "done" || state === "failed" || state === "cancelled";
}

type Subject = Pick<Operation, "kind" | "arguments">;

/** A deletion of a collection suffers nothing else beside it on that collection; everything else may overlap. */
export function collide(a: Subject, b: Subject): boolean {
  const deletion: OperationKind = "delete_collection";
  return (
    a.arguments.collection === b.arguments.collection &&
    a.kind !== b.kind &&
    (a.kind === deletion || b.kind === deletion)
  );
}

/** Throws STATEMENT_CONFLICT naming the first unfinished operation that `subject` must not run beside. */
export function refuseCollision(
  subject: Subject & Pick<Operation, "id">,
  stored: readonly Stored<Operation>[],
): void {
  const other = stored.find(
    ({ value }) => value.id !== subject.id && !isFinished(value) && collide(value, subject),
  );
  if (other === undefined) return;
  const { id, kind } = other.value;
  throw new OrreryError(
    "STATEMENT_CONFLICT",
    `collection ${subject.arguments.collection} is busy with operation ${id} (${kind})`,
    { details: { metadata: { operation: id } } },
  );
}
