/** What searches are planned by, and what they add to it. */
import type { Collection } from "../topology/shard-map.ts";
import type { FilterRows } from "./filter-rows.ts";
import type { LearntCosts } from "./learnt-costs.ts";
import { rowsScanned, type ScannedHit } from "./plan/frontier.ts";
import type { SearchPlan } from "./plan/plan-search.ts";
import type { RecallModel } from "./plan/recall-settings.ts";
import type { SearchOutcome } from "./plan/rounds.ts";
import type { Target } from "./plan/target.ts";
import type { FilteredRows, Knowledge } from "./plan/target-plan.ts";
import type { RequestContext, RowEstimates } from "./types.ts";

export interface SearchKnowledge {
  /** A promise only where a filter has to be asked about. */
  of(plan: SearchPlan, targets: readonly Target[], context: RequestContext): Knowledge | Promise<Knowledge>;
  /** What a round of a search brought; cheap. */
  saw(plan: SearchPlan, outcomes: readonly SearchOutcome<ScannedHit>[]): void;
}

export interface SearchKnowledgeDeps {
  readonly estimates: RowEstimates;
  readonly recall: RecallModel;
  readonly costs: LearntCosts;
  readonly filterRows: FilterRows;
}

/** Fewer rows say more about the statement, the network and a busy coordinator than about them. */
const LEAST_COMPARED = 5_000;
const LEAST_SCANNED = 500;
const NO_FILTER: ReadonlyMap<number, FilteredRows> = new Map();

export function createSearchKnowledge({
  estimates,
  recall,
  costs,
  filterRows,
}: SearchKnowledgeDeps): SearchKnowledge {
  const costsOf = (collection: Collection, group: number) => costs.of(collection, group);
  const unfiltered: Knowledge = { estimates, recall, costsOf, filtered: NO_FILTER };
  return {
    of(plan, targets, context) {
      const { filter } = plan;
      if (filter === undefined || plan.exact) return unfiltered;
      return filterRows
        .read({ ...plan, filter }, targets, context)
        .then((filtered) => ({ ...unfiltered, filtered }));
    },

    saw(plan, outcomes) {
      const { collection, filter } = plan;
      // Of several targets in one statement none says what it took.
      if (filter === undefined && outcomes.length > 1) return;
      for (const outcome of outcomes) {
        const { plan: asked, rows, error, attempts } = outcome;
        if (error !== undefined || attempts > 1) continue;
        const { target, bound, strategy, efSearch, matchingRows } = asked;
        const scanned = bound === undefined ? 0 : rowsScanned(rows, bound);
        if (filter !== undefined && scanned > 0)
          filterRows.saw({ ...plan, filter }, target, rows.length / scanned);
        if (outcomes.length > 1) continue;
        const { group } = target;
        const elapsedUs = (outcome.elapsedMs - outcome.waitedMs) * 1000;
        if (strategy === "ann" && scanned - efSearch >= LEAST_SCANNED)
          costs.saw({ collection, group, elapsedUs, kind: { strategy, efSearch, scanned } });
        else if (strategy === "exact" && filter === undefined && (matchingRows ?? 0) >= LEAST_COMPARED)
          costs.saw({ collection, group, elapsedUs, kind: { strategy, rows: matchingRows ?? 0 } });
      }
    },
  };
}
