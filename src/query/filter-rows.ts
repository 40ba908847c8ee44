/**
 * How many rows a filter holds for: what scans have seen of it, else what the statistics of tags and times
 * say, else what PostgreSQL expects when it is asked. Too many is a small mistake, too few a large one
 * (plan/strategy.ts), so what statistics say counts twice.
 */
import { LRUCache } from "lru-cache";
import type { NodeRunner } from "../shards/node-driver.ts";
import type { ReadStatements } from "../shards/read-statements.ts";
import { flowOf } from "../topology/ring.ts";
import { chunk, groupByNode } from "./node-batches.ts";
import { filterShare } from "./plan/filter-share.ts";
import { filterUsesIndex } from "./plan/indexed-filter.ts";
import type { SearchPlan } from "./plan/plan-search.ts";
import type { Target } from "./plan/target.ts";
import type { FilteredRows } from "./plan/target-plan.ts";
import { targetBranch } from "./read.ts";
import type { Filter, ReadRelations, RequestContext, RowEstimates } from "./types.ts";

export interface FilterRowsDeps {
  readonly nodes: NodeRunner;
  readonly estimates: RowEstimates;
  readonly relations: ReadRelations;
  readonly statements: ReadStatements;
  readonly branchesPerStatement: number;
  /** What was learnt is forgotten after so long, as rows change. */
  readonly rememberMs: number;
}

export interface FilterRows {
  /** By shard; one whose rows are few, or unknown, is missing. */
  read(
    plan: FilteredPlan,
    targets: readonly Target[],
    context: RequestContext,
  ): Promise<ReadonlyMap<number, FilteredRows>>;
  /** `share`: of the rows that a scan returned, those that met scope and filter. */
  saw(plan: FilteredPlan, target: Target, share: number): void;
}

export type FilteredPlan = Pick<SearchPlan, "collection" | "topK"> & { readonly filter: Filter };

/** In smaller shards a short scan costs about what asking first does. */
const LEAST_SHARD_ROWS = 10_000;
const CAUTION = 2;
/**
 * The least that PostgreSQL expects of a condition on JSON is a ten-thousandth of the table, whatever the
 * truth is: its sample of a hundred values has nothing more to say. Then it is taken for this share.
 */
const CLAMP = 1 / 10_000;
const UNSEEN_SHARE = 1 / 200;
const MAX_REMEMBERED = 10_000;

export function createFilterRows(deps: FilterRowsDeps): FilterRows {
  const remembered = new LRUCache<string, FilteredRows>({ max: MAX_REMEMBERED, ttl: deps.rememberMs });

  async function askNode(
    plan: FilteredPlan,
    targets: readonly Target[],
    context: RequestContext,
  ): Promise<readonly (readonly [Target, FilteredRows])[]> {
    const { collection, filter } = plan;
    const branches = targets.map((target) => targetBranch(target, collection, deps.relations));
    const [first] = targets as [Target, ...Target[]];
    const { rows, error } = await deps.nodes.runOn(
      first.group,
      deps.statements.estimateStatement({ branches, filter }),
      {
        signal: context.signal,
        memory: context.memory,
        flow: flowOf(collection, first.shardKeys === "all" ? undefined : first.shardKeys[0]),
      },
    );
    // The search itself will meet the same obstacle, and knows what to do.
    if (error !== undefined) return [];
    const estimated = deps.statements.decodeEstimates(rows, branches);
    return targets.map((target, index) => [target, rowsOf(target, plan, estimated[index], deps.estimates)]);
  }

  return {
    async read(plan, targets, context) {
      const known = new Map<number, FilteredRows>();
      const key = keyOf(plan.filter);
      const unknown = targets.filter((target) => {
        if ((deps.estimates.shardRows(plan.collection, target.shardId) ?? 0) < LEAST_SHARD_ROWS) return false;
        const name = nameOf(plan, target, key);
        const rows = remembered.get(name) ?? byStatistics(plan, target, deps.estimates);
        if (rows === undefined) return true;
        known.set(target.shardId, rows);
        if (!remembered.has(name)) remembered.set(name, rows);
        return false;
      });
      if (unknown.length === 0) return known;
      const batches = groupByNode(unknown.map((target) => ({ target }))).flatMap((sameNode) =>
        chunk(sameNode, deps.branchesPerStatement),
      );
      const asked = await Promise.all(
        batches.map((batch) =>
          askNode(
            plan,
            batch.map(({ target }) => target),
            context,
          ),
        ),
      );
      for (const [target, rows] of asked.flat()) {
        remembered.set(nameOf(plan, target, key), rows);
        known.set(target.shardId, rows);
      }
      return known;
    },

    saw(plan, target, share) {
      const name = nameOf(plan, target, keyOf(plan.filter));
      const before = remembered.peek(name);
      const all = deps.estimates.shardRows(plan.collection, target.shardId);
      if (before === undefined || all === undefined) return;
      remembered.set(name, { ...before, matching: share * all, isSeen: true });
    },
  };
}

/** Without asking the node. */
function byStatistics(
  { collection, filter }: FilteredPlan,
  target: Target,
  estimates: RowEstimates,
): FilteredRows | undefined {
  const { shardId, shardKeys } = target;
  const columns = estimates.columns?.(collection, shardId);
  const share = columns && filterShare(filter, columns);
  if (share === undefined) return undefined;
  const inScope = rowsInScope(target, collection, estimates);
  const matching = Math.min(CAUTION * share * inScope, inScope);
  const scope = shardKeys === "all" ? "all" : "namespaces";
  return { matching, touched: filterUsesIndex(filter, { collection, scope }) ? matching : inScope };
}

function rowsInScope(
  { shardId, shardKeys }: Target,
  collection: SearchPlan["collection"],
  estimates: RowEstimates,
): number {
  const all = estimates.shardRows(collection, shardId) ?? 0;
  if (shardKeys === "all") return all;
  let inScope = 0;
  for (const key of shardKeys) inScope += estimates.shardKeyRows(collection, shardId, key) ?? all;
  return Math.min(inScope, all);
}

function rowsOf(
  target: Target,
  { collection }: FilteredPlan,
  estimated: { readonly matching: number; readonly isIndexed: boolean } | undefined,
  estimates: RowEstimates,
): FilteredRows {
  const all = estimates.shardRows(collection, target.shardId) ?? 0;
  const inScope = rowsInScope(target, collection, estimates);
  if (estimated === undefined) return { matching: inScope, touched: inScope };
  const expected = estimated.matching <= all * CLAMP ? all * UNSEEN_SHARE : CAUTION * estimated.matching;
  const matching = Math.min(expected, inScope);
  return { matching, touched: estimated.isIndexed ? matching : inScope };
}

function keyOf(filter: Filter): string {
  return JSON.stringify(filter, (_name, value: unknown) => (typeof value === "bigint" ? `${value}` : value));
}

function nameOf({ collection }: FilteredPlan, { shardId, shardKeys }: Target, key: string): string {
  return `${collection.id} ${shardId} ${shardKeys === "all" ? "" : JSON.stringify(shardKeys)} ${key}`;
}
