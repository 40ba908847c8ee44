/** The write side: group by shard key, one statement per group on its owner, one result per record. */
import { FieldChecks, OrreryError } from "../errors.ts";
import { mapLimited } from "../lib/map-limited.ts";
import type { RequestContext } from "../query/types.ts";
import type { WrittenRecord, WrittenRow } from "../shards/sql/upsert.ts";
import type { Statement } from "../shards/statement.ts";
import type { WriteStatements } from "../shards/write-statements.ts";
import { withCollection } from "../topology/collection-lookup.ts";
import { shardKeyOf } from "../topology/ring.ts";
import { type Collection, checkStorable } from "../topology/shard-map.ts";
import { type PlannedGroup, planDelete, planUpsert } from "./plan-groups.ts";
import { collectResults, type FinishedGroup, type GroupOutcome, recordError } from "./results.ts";
import { type RoutedWrite, runWrite, type WriteRouteDeps } from "./route.ts";
import type { NewRecord, WriteApi } from "./types.ts";

export interface WriteDeps extends WriteRouteDeps {
  readonly statements: WriteStatements;
}

type Group = PlannedGroup<WrittenRecord & { readonly namespace: string }>;

const DELETE_BATCH = 1_000;
/** Per request, so that one cannot fill the queue of a node by itself. */
const GROUPS_IN_FLIGHT = 32;

export function createWrite(deps: WriteDeps): WriteApi {
  return {
    upsert: ({ collection, records, mode }, context) => {
      const vector = records.find((record) => record.vector !== undefined)?.vector;
      const wanted = vector === undefined ? { collection } : { collection, dimension: vector.length };
      return withCollection(deps.topology, wanted, context.signal, async (found) => {
        checkVectors(records, found);
        return writeGroups(collection, planUpsert(records, mode), deps, context);
      });
    },
    delete: ({ collection, records }, context) =>
      withCollection(deps.topology, { collection }, context.signal, () =>
        writeGroups(collection, planDelete(records), deps, context),
      ),
    deleteNamespace: async ({ collection, namespace, confirm, onProgress }, context) => {
      let deleted = 0;
      for (;;) {
        const records = await firstRecords(collection, namespace, deps, context);
        if (records.length === 0) return deleted;
        await confirm();
        deleted += await deleteVersions({ collection, namespace, records }, deps, context);
        onProgress?.(deleted);
      }
    },
  };
}

function checkVectors(records: readonly NewRecord[], collection: Collection): void {
  const checks = new FieldChecks();
  for (const [index, { vector }] of records.entries()) {
    if (vector !== undefined) checks.of(checkStorable, vector, collection, `records[${index}].vector`);
  }
  checks.done();
}

async function writeGroups(
  collection: string,
  groups: readonly Group[],
  deps: WriteDeps,
  context: RequestContext,
) {
  const finished = await mapLimited(
    groups,
    GROUPS_IN_FLIGHT,
    async (group): Promise<FinishedGroup> => ({
      records: group.records,
      outcome: await writeGroup(collection, group, deps, context),
    }),
  );
  return collectResults(finished);
}

async function writeGroup(
  collection: string,
  group: Group,
  deps: WriteDeps,
  context: RequestContext,
): Promise<GroupOutcome> {
  const { namespace, records } = group;
  const request: RoutedWrite = {
    collection,
    namespace,
    records: records.length,
    write: true,
    statement: (found, relation) => {
      checkVectors(records, found);
      return statementOf(group, relation, deps.statements);
    },
  };
  try {
    const rows = await runWrite(request, deps, context);
    const versions = new Map(
      rows.map(deps.statements.decodeWritten).map(({ key, version }) => [key, version]),
    );
    return { versions, refused: await refusals(collection, group, versions, deps, context) };
  } catch (error) {
    if (!(error instanceof OrreryError)) throw error;
    const filled = withoutAbsence(group);
    if (refusesNull(error) && filled !== undefined) return writeGroup(collection, filled, deps, context);
    return { error };
  }
}

const NOT_NULL_VIOLATION = "23502";

/** As a table of the previous schema does for absent fields; nothing of the group was applied. */
function refusesNull({ code, details }: OrreryError): boolean {
  return code === "STATEMENT_FAILED" && details.metadata?.sqlstate === NOT_NULL_VIOLATION;
}

/** Absent values and metadata as the previous schema stored them, empty; undefined when none is absent. */
function withoutAbsence(group: Group): Group | undefined {
  const replaces = group.action !== "update" && group.action !== "delete";
  const isWhole = group.records.every(
    (record) => record.value !== undefined && record.metadata !== undefined,
  );
  if (!replaces || isWhole) return undefined;
  return {
    ...group,
    records: group.records.map((record) => ({
      ...record,
      value: record.value ?? "",
      metadata: record.metadata ?? "{}",
    })),
  };
}

function statementOf(
  { action, namespace, records }: Group,
  relation: string,
  statements: WriteStatements,
): Statement {
  const shardKey = shardKeyOf(namespace);
  switch (action) {
    case "replace":
      return statements.upsertStatement({ relation, shardKey, namespace, records }, "replace");
    case "insert":
      return statements.upsertStatement({ relation, shardKey, namespace, records }, "keep");
    case "update":
      return statements.updateStatement({ relation, shardKey, namespace, records });
    case "replace_version":
      return statements.replaceStatement({ relation, shardKey, namespace, records });
    case "delete":
      return statements.deleteStatement({ relation, shardKey, keys: records.map(({ key }) => key) });
  }
}

/** Why the statement refused records. */
async function refusals(
  collection: string,
  { action, namespace, records }: Group,
  applied: ReadonlyMap<string, bigint>,
  deps: WriteDeps,
  context: RequestContext,
): Promise<(key: string) => OrreryError> {
  switch (action) {
    case "replace":
      return (key) => new OrreryError("BUG", `record ${JSON.stringify(key)} was neither written nor refused`);
    case "insert":
      return (key) =>
        recordError(
          records.find((record) => record.key === key)?.version === undefined
            ? "RECORD_EXISTS"
            : "VERSION_MISMATCH",
          key,
        );
    case "update":
    case "delete":
      return (key) => recordError("RECORD_NOT_FOUND", key);
    case "replace_version": {
      const keys = records.map(({ key }) => key).filter((key) => !applied.has(key));
      if (keys.length === 0) return (key) => recordError("VERSION_MISMATCH", key);
      const present = await existingKeys({ collection, namespace, keys }, deps, context);
      return (key) => recordError(present.has(key) ? "VERSION_MISMATCH" : "RECORD_NOT_FOUND", key);
    }
  }
}

/**
 * Which of `keys` exist. The write has been applied by now, and a failure here must not hide that: without an
 * answer all count as existing, and the caller gets "another version", which holds for a deleted record too.
 */
async function existingKeys(
  {
    collection,
    namespace,
    keys,
  }: { readonly collection: string; readonly namespace: string; readonly keys: readonly string[] },
  deps: WriteDeps,
  context: RequestContext,
): Promise<ReadonlySet<string>> {
  const shardKey = shardKeyOf(namespace);
  const statement = (_: Collection, relation: string) =>
    deps.statements.versionsStatement({ relation, shardKey, keys });
  try {
    const rows = await runWrite(
      { collection, namespace, records: 0, write: false, statement },
      deps,
      context,
    );
    return new Set(rows.map(deps.statements.decodeWritten).map(({ key }) => key));
  } catch (error) {
    if (error instanceof OrreryError) return new Set(keys);
    throw error;
  }
}

/** At most one batch of the namespace's records. */
async function firstRecords(
  collection: string,
  namespace: string,
  deps: WriteDeps,
  context: RequestContext,
): Promise<readonly WrittenRow[]> {
  const shardKey = shardKeyOf(namespace);
  const statement = (_: Collection, relation: string) =>
    deps.statements.firstKeysStatement({ relation, shardKey }, DELETE_BATCH);
  const found = await runWrite({ collection, namespace, records: 0, write: false, statement }, deps, context);
  return found.map(deps.statements.decodeWritten);
}

/** Returns how many still had these versions and were deleted. */
async function deleteVersions(
  {
    collection,
    namespace,
    records,
  }: { readonly collection: string; readonly namespace: string; readonly records: readonly WrittenRow[] },
  deps: WriteDeps,
  context: RequestContext,
): Promise<number> {
  const shardKey = shardKeyOf(namespace);
  const statement = (_: Collection, relation: string) =>
    deps.statements.deleteVersionsStatement({ relation, shardKey, records });
  const deleted = await runWrite(
    { collection, namespace, records: records.length, write: true, statement },
    deps,
    context,
  );
  return deleted.length;
}
