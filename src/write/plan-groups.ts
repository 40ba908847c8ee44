/** Which records of a request go into one statement. Pure. */
import { compareUtf8 } from "../lib/compare-utf8.ts";
import type { NewRecord, WriteMode } from "./types.ts";

/** What one statement does with its records. */
export type GroupAction = "replace" | "insert" | "update" | "replace_version" | "delete";

/** Records of one namespace, so of one shard key, sorted by key; `index` is their place in the request. */
export interface PlannedGroup<R extends { readonly namespace: string; readonly key: string }> {
  readonly namespace: string;
  readonly action: GroupAction;
  readonly records: readonly (R & { readonly index: number })[];
}

const ACTIONS: Readonly<Record<Exclude<WriteMode, "if_version">, GroupAction>> = {
  upsert: "replace",
  insert: "insert",
  update: "update",
};

/** One group per namespace; `if_version` makes two: version 0 means the record must not exist. */
export function planUpsert(
  records: readonly NewRecord[],
  mode: WriteMode,
): readonly PlannedGroup<NewRecord>[] {
  return group(records, ({ version = 0n }) =>
    mode !== "if_version" ? ACTIONS[mode] : version === 0n ? "insert" : "replace_version",
  );
}

export function planDelete<R extends { readonly namespace: string; readonly key: string }>(
  records: readonly R[],
): readonly PlannedGroup<R>[] {
  return group(records, () => "delete");
}

function group<R extends { readonly namespace: string; readonly key: string }>(
  records: readonly R[],
  actionOf: (record: R) => GroupAction,
): readonly PlannedGroup<R>[] {
  const groups = new Map<
    string,
    { namespace: string; action: GroupAction; records: (R & { index: number })[] }
  >();
  for (const [index, record] of records.entries()) {
    const action = actionOf(record);
    const id = `${action}\u001f${record.namespace}`;
    let group = groups.get(id);
    if (group === undefined) {
      group = { namespace: record.namespace, action, records: [] };
      groups.set(id, group);
    }
    group.records.push({ ...record, index });
  }
  for (const { records } of groups.values()) records.sort((a, b) => compareUtf8(a.key, b.key));
  return [...groups.values()];
}
