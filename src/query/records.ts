/** Records by key, and page by page. */
import { answerTooLarge } from "../errors.ts";
import type { ReadStatements } from "../shards/read-statements.ts";
import type { RecordRow } from "../shards/sql/get.ts";
import type { ListedRow } from "../shards/sql/list.ts";
import { withCollection } from "../topology/collection-lookup.ts";
import { shardKeyOf } from "../topology/ring.ts";
import { assess } from "./completeness.ts";
import { indexedFilter } from "./plan/indexed-filter.ts";
import { targetsOfKeys } from "./plan/target.ts";
import { planReads, type TargetPlan } from "./plan/target-plan.ts";
import { targetBranch } from "./read.ts";
import { type ScatterDeps, scatter } from "./scatter.ts";
import type {
  GetRequest,
  ListRequest,
  ListResult,
  ReadRelations,
  RequestContext,
  StoredRecord,
} from "./types.ts";
import { recordName, WantedKeys } from "./wanted-keys.ts";

export interface RecordsDeps extends ScatterDeps {
  readonly statements: ReadStatements;
  readonly relations: ReadRelations;
}

export type GetRecords = (request: GetRequest, context: RequestContext) => Promise<readonly StoredRecord[]>;

export function createGet(deps: RecordsDeps): GetRecords {
  const { statements, relations } = deps;
  return (request, context) =>
    withCollection(deps.topology, request, context.signal, async (collection) => {
      const keys = new WantedKeys(request.records);
      const { include: wanted } = request;
      const maxBytes = context.maxAnswerBytes ?? Number.MAX_SAFE_INTEGER;
      const outcomes = await scatter(
        {
          collection,
          round: planReads(targetsOfKeys(collection, keys.shardKeys), "get"),
          read: {
            statement: (plans) =>
              statements.getStatement({
                branches: plans.map(({ target }) => ({
                  ...targetBranch(target, collection, relations),
                  wantedKeys: keys.of(target),
                })),
                wanted,
                maxBytes,
              }),
            decode: (row) => statements.decodeRecord(row, wanted),
          },
        },
        deps,
        context,
      );
      assess(outcomes, { allowPartial: false });
      const rows = outcomes.flatMap((outcome) => outcome.rows);
      checkSize(rows, maxBytes);
      const found = new Map(rows.map((row) => [recordName(row), toRecord(row)] as const));
      return request.records.flatMap((ref) => found.get(recordName(ref)) ?? []);
    });
}

export function createList(deps: RecordsDeps) {
  const { statements, relations } = deps;
  return (request: ListRequest, context: RequestContext): Promise<ListResult> =>
    withCollection(deps.topology, request, context.signal, async (collection) => {
      const maxBytes = context.maxAnswerBytes ?? Number.MAX_SAFE_INTEGER;
      const { pageSize, pageBytes = maxBytes, afterKey = "", filter, include: wanted } = request;
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
                filter: filter && indexedFilter(filter, { collection, scope: "namespaces" }),
                wanted,
                pageBytes: Math.min(pageBytes, maxBytes),
                maxBytes,
              }),
            decode: (row) => statements.decodeListed(row, wanted),
          },
        },
        deps,
        context,
      );
      assess(outcomes, { allowPartial: false });
      const rows = outcomes.flatMap((outcome) => outcome.rows);
      const page = rows.slice(0, pageSize);
      checkSize(page, maxBytes);
      const records = page.map(toListed);
      const last = records.at(-1);
      const found = rows[0]?.found ?? 0;
      return found > page.length && last !== undefined ? { records, nextAfterKey: last.key } : { records };
    });
}

/** Records that are too large together came without their payload. */
function checkSize(rows: readonly RecordRow[], maxBytes: number): void {
  let bytes = 0;
  for (const { payloadBytes = 0 } of rows) bytes += payloadBytes;
  if (bytes > maxBytes) throw answerTooLarge(bytes, maxBytes);
}

function toRecord({ branch: _, payloadBytes: __, ...record }: RecordRow): StoredRecord {
  return record;
}

function toListed({ found: _, ...row }: ListedRow): StoredRecord {
  return toRecord(row);
}
