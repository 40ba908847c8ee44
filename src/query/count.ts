/** How many records there are: counted, or estimated where counting would take too long. */
import { withCollection } from "../topology/collection-lookup.ts";
import { shardKeyOf } from "../topology/ring.ts";
import type { Collection } from "../topology/shard-map.ts";
import { assess } from "./completeness.ts";
import { indexedFilter } from "./plan/indexed-filter.ts";
import type { QueryLimits } from "./plan/plan-search.ts";
import { targetsOfAll, targetsOfKeys } from "./plan/target.ts";
import { planReads } from "./plan/target-plan.ts";
import { targetBranch } from "./read.ts";
import type { RecordsDeps } from "./records.ts";
import { scatter } from "./scatter.ts";
import type { CountRequest, CountResult, RequestContext, RowEstimates } from "./types.ts";

export interface CountDeps extends RecordsDeps {
  readonly estimates: RowEstimates;
  readonly limits: QueryLimits;
}

export function createCount(deps: CountDeps) {
  const { statements, relations } = deps;
  return ({ collection: name, scope, filter }: CountRequest, context: RequestContext): Promise<CountResult> =>
    withCollection(deps.topology, { collection: name }, context.signal, async (collection) => {
      if (scope.kind === "all" && filter === undefined) {
        const estimate = estimateAll(collection, deps.estimates);
        if (estimate !== undefined && estimate > deps.limits.exactCountMaxRows) {
          return { count: BigInt(Math.round(estimate)), exact: false };
        }
      }
      const targets =
        scope.kind === "all"
          ? targetsOfAll(collection)
          : targetsOfKeys(collection, scope.namespaces.map(shardKeyOf));
      const outcomes = await scatter(
        {
          collection,
          round: planReads(targets, "count"),
          read: {
            statement: (plans) =>
              statements.countStatement({
                branches: plans.map(({ target }) => targetBranch(target, collection, relations)),
                filter: filter && indexedFilter(filter, { collection, scope: scope.kind }),
              }),
            decode: statements.decodeCount,
          },
        },
        deps,
        context,
      );
      assess(outcomes, { allowPartial: false });
      const counts = outcomes.flatMap(({ rows }) => rows.map(({ count }) => count));
      return { count: counts.reduce((sum, count) => sum + count, 0n), exact: true };
    });
}

/** undefined as soon as one shard has no statistics. */
function estimateAll(collection: Collection, estimates: RowEstimates): number | undefined {
  let sum = 0;
  for (const { id } of collection.shards) {
    const rows = estimates.shardRows(collection, id);
    if (rows === undefined) return undefined;
    sum += rows;
  }
  return sum;
}
