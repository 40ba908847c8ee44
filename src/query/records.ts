/** Records by key, and page by page. */
import type { ReadStatements } from "../shards/read-statements.ts";
import type { RecordRow } from "../shards/sql/get.ts";
import { withCollection } from "../topology/collection-lookup.ts";
import { shardKeyOf } from "../topology/ring.ts";
import { assess } from "./completeness.ts";
import { type Target, targetsOfKeys } from "./plan/target.ts";
import { planReads, type TargetPlan } from "./plan/target-plan.ts";
import { targetBranch } from "./read.ts";
import { type ScatterDeps, scatter } from "./scatter.ts";
import type {
  GetRequest,
  ListRequest,
  ListResult,
  ReadRelations,
  RecordRef,
  RequestContext,
  StoredRecord,
} from "./types.ts";

export interface RecordsDeps extends ScatterDeps {
  readonly statements: ReadStatements;
  readonly relations: ReadRelations;
}

export type GetRecords = (request: GetRequest, context: RequestContext) => Promise<readonly StoredRecord[]>;

export function createGet(deps: RecordsDeps): GetRecords {
  const { statements, relations } = deps;
  return (request, context) =>
    withCollection(deps.topology, request, context.signal, async (collection) => {
      const keysByShardKey = groupKeys(request.records);
      const wanted = request.include;
      const outcomes = await scatter(
        {
          collection,
          round: planReads(targetsOfKeys(collection, [...keysByShardKey.keys()]), "get"),
          read: {
            statement: (plans) =>
              statements.getStatement({
                branches: plans.map(({ target }) => ({
                  ...targetBranch(target, collection, relations),
                  wantedKeys: keysOf(target).flatMap((shardKey) =>
                    (keysByShardKey.get(shardKey) ?? []).map((key) => [shardKey, key] as const),
                  ),
                })),
                wanted,
              }),
            decode: (row) => statements.decodeRecord(row, wanted),
          },
        },
        deps,
        context,
      );
      assess(outcomes, { allowPartial: false });
      const found = new Map(
        outcomes.flatMap(({ rows }) => rows.map((row) => [nameOf(row), toRecord(row)] as const)),
      );
      return request.records.flatMap((ref) => found.get(nameOf(ref)) ?? []);
    });
}

export function createList(deps: RecordsDeps) {
  const { statements, relations } = deps;
  return (request: ListRequest, context: RequestContext): Promise<ListResult> =>
    withCollection(deps.topology, request, context.signal, async (collection) => {
      const { pageSize, afterKey = "", filter, include: wanted } = request;
      const outcomes = await scatter(
        {
          collection,
          round: planReads(targetsOfKeys(collection, [shardKeyOf(request.namespace)]), "list"),
          read: {
            // One shard key has one target. One row more than the page shows whether another page follows.
            statement: ([plan]) =>
              statements.listStatement({
                branch: targetBranch((plan as TargetPlan).target, collection, relations),
                afterKey,
                limit: pageSize + 1,
                filter,
                wanted,
              }),
            decode: (row) => statements.decodeRecord(row, wanted),
          },
        },
        deps,
        context,
      );
      assess(outcomes, { allowPartial: false });
      const rows = outcomes.flatMap((outcome) => outcome.rows);
      const records = rows.slice(0, pageSize).map(toRecord);
      const last = records.at(-1);
      return rows.length > pageSize && last !== undefined ? { records, nextAfterKey: last.key } : { records };
    });
}

function groupKeys(records: readonly RecordRef[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { namespace, key } of records) {
    const shardKey = shardKeyOf(namespace);
    const keys = groups.get(shardKey);
    if (keys === undefined) groups.set(shardKey, [key]);
    else keys.push(key);
  }
  return groups;
}

function keysOf({ shardKeys }: Target): readonly string[] {
  return shardKeys === "all" ? [] : shardKeys;
}

function nameOf({ namespace, key }: { readonly namespace: string; readonly key: string }): string {
  return `${namespace}\u001f${key}`;
}

function toRecord({ branch: _, ...record }: RecordRow): StoredRecord {
  return record;
}
