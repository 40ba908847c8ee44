/** Asks the targets of one round of a search for their nearest rows. */
import type { ReadStatements } from "../shards/read-statements.ts";
import type { FoundRow } from "../shards/sql/search.ts";
import { groupByNode } from "./node-batches.ts";
import type { QueryLimits, SearchPlan } from "./plan/plan-search.ts";
import {
  type FirstRound,
  planExactRound,
  planLongerRound,
  type SearchOutcome,
  type SearchRound,
  withSecondRound,
} from "./plan/rounds.ts";
import type { SearchTargetPlan } from "./plan/target-plan.ts";
import type { SecondRoundReason } from "./query-observer.ts";
import type { Read } from "./read.ts";
import { type ScatterDeps, scatter, scatterOnNode } from "./scatter.ts";
import type { SearchKnowledge } from "./search-knowledge.ts";
import type { ReadRelations, RequestContext, RowEstimates } from "./types.ts";

export interface SearchDeps extends ScatterDeps {
  readonly statements: ReadStatements;
  readonly relations: ReadRelations;
  readonly estimates: RowEstimates;
  readonly knowledge: SearchKnowledge;
  readonly limits: QueryLimits;
  /** Of payload, that one search reads before its winners are known. */
  readonly inlineBytes: number;
}

export type FoundHit = FoundRow;
export type FoundOutcome = SearchOutcome<FoundHit>;

/** What is asked of every target of a search. */
export interface AskedOfTargets {
  readonly plan: SearchPlan;
  /** A record with a larger payload comes without it. */
  readonly inlineBytes: number;
  readonly first: Pick<FirstRound, "knowing">;
}

/**
 * For one search. The targets whose index did not find what was wanted are asked again, node by node, so that
 * no node waits for a slower one.
 */
export function createAskRound(asked: AskedOfTargets, deps: SearchDeps) {
  const { plan } = asked;
  const { collection } = plan;
  const read = searchRead(asked, deps);

  async function askNode(round: SearchRound, context: RequestContext): Promise<readonly FoundOutcome[]> {
    const found = await scatterOnNode({ collection, read, round }, deps, context);
    deps.knowledge.saw(plan, found);
    const longer = planLongerRound(found, plan, asked.first);
    const outcomes = longer.plans.length === 0 ? found : await askAgain(longer, ["short"], found, context);
    const exact = planExactRound(outcomes, plan);
    return exact.plans.length === 0 ? outcomes : askAgain(exact, exact.reasons, outcomes, context);
  }

  async function askAgain(
    round: SearchRound,
    reasons: readonly SecondRoundReason[],
    before: readonly FoundOutcome[],
    context: RequestContext,
  ): Promise<readonly FoundOutcome[]> {
    for (const reason of reasons) deps.observer.secondRound(reason);
    const found = await scatter({ collection, read, round }, deps, context);
    deps.knowledge.saw(plan, found);
    return withSecondRound(before, round, found);
  }

  return async (round: SearchRound, context: RequestContext): Promise<readonly FoundOutcome[]> => {
    const nodes = groupByNode(round.plans);
    if (nodes.length === 1) return askNode(round, context);
    const { replan } = round;
    return (await Promise.all(nodes.map((plans) => askNode({ plans, replan }, context)))).flat();
  };
}

function searchRead(
  { plan, inlineBytes }: AskedOfTargets,
  deps: SearchDeps,
): Read<SearchTargetPlan, FoundRow> {
  const { collection, vector, topK: mostRows, filter, include: wanted } = plan;
  const quantization = collection.unnormalized === true ? "unnormalized-half" : collection.quantization;
  const { statements, relations } = deps;
  return {
    statement: (plans) => {
      const branches = plans.map(({ target, strategy, limit, efSearch, candidates, bound }) => ({
        relation: relations.readRelation(collection, target.shardId),
        isHere: relations.isHere?.(target.shardId),
        shardId: target.shardId,
        shardKeys: target.shardKeys,
        strategy,
        limit,
        efSearch,
        candidates,
        bound,
      }));
      return statements.searchStatement({
        vector,
        metric: collection.metric,
        quantization,
        branches,
        mostRows,
        filter,
        wanted,
        inlineBytes,
      });
    },
    decode: (row) => statements.decodeFound(row, wanted, collection.metric),
  };
}
