/**
 * What names things in a request: collections, namespaces, records. Each function throws naming the field.
 */
import { FieldChecks, invalidField } from "../../errors.ts";
import type { RecordRef, Scope } from "../../query/types.ts";
import type { Limits } from "./limits.ts";
import { toName } from "./text.ts";

const DEFAULT_COLLECTION = "memory_entries";

/** The collection a request works on; empty means the default one. */
export function toCollection(name: string): string {
  return name === "" ? DEFAULT_COLLECTION : toCollectionName(name, "collection");
}

export function toCollectionName(name: string, path: string): string {
  if (!/^[a-z][a-z0-9_-]{0,62}$/.test(name)) {
    throw invalidField(path, "must be 1-63 of a-z, 0-9, _ and -, starting with a letter");
  }
  return name;
}

export function toNamespace(name: string, path: string, limits: Limits): string {
  return toName(name, path, limits.namespaceBytes);
}

export function toRecordRef(ref: RecordRef, path: string, limits: Limits): RecordRef {
  const checks = new FieldChecks();
  const checked = {
    namespace: checks.of(toNamespace, ref.namespace, `${path}.namespace`, limits),
    key: checks.of(toName, ref.key, `${path}.key`, limits.keyBytes),
  };
  checks.done();
  return checked;
}

/** Refuses an empty list and one of more than `max`. */
export function checkCount(count: number, path: string, max: number): void {
  if (count === 0) throw invalidField(path, "must not be empty");
  if (count > max) throw invalidField(path, `has ${count} items, at most ${max} are allowed`);
}

/** The records of a request, 1 to `limits.recordsPerRequest`. */
export function toRecordRefs(refs: readonly RecordRef[], limits: Limits): readonly RecordRef[] {
  checkCount(refs.length, "records", limits.recordsPerRequest);
  const checks = new FieldChecks();
  const checked = refs.map((ref, index) => checks.of(toRecordRef, ref, `records[${index}]`, limits));
  checks.done();
  return checked;
}

/** Refuses two records of one write that name the same key. */
export function checkUnique(records: readonly RecordRef[]): void {
  const seen = new Map<string, number>();
  for (const [index, { namespace, key }] of records.entries()) {
    // No name holds a control character, so different pairs cannot make the same text.
    const id = `${namespace}\u001f${key}`;
    const first = seen.get(id);
    if (first !== undefined)
      throw invalidField(`records[${index}].key`, `is the same as of records[${first}]`);
    seen.set(id, index);
  }
}

/** Either namespaces or all of them; a namespace named twice counts once. */
export function toScope(
  request: { readonly namespaces: readonly string[]; readonly allNamespaces: boolean },
  limits: Limits,
): Scope {
  const { namespaces, allNamespaces } = request;
  if (allNamespaces) {
    if (namespaces.length > 0) throw invalidField("all_namespaces", "excludes namespaces");
    return { kind: "all" };
  }
  checkCount(namespaces.length, "namespaces", limits.namespacesPerRequest);
  const checks = new FieldChecks();
  const names = namespaces.map((name, index) => checks.of(toNamespace, name, `namespaces[${index}]`, limits));
  checks.done();
  return { kind: "namespaces", namespaces: [...new Set(names)] };
}
