/** What searches are planned by, given by a test. */

import type { RecallModel } from "../../../src/query/plan/recall-settings.ts";
import { assumedCosts } from "../../../src/query/plan/scan-costs.ts";
import type { Knowledge } from "../../../src/query/plan/target-plan.ts";
import type { SearchKnowledge } from "../../../src/query/search-knowledge.ts";
import type { RowEstimates } from "../../../src/query/types.ts";

/** The same width for every recall wanted. */
export function recallOfWidth(efSearch: number): RecallModel {
  return {
    settingsFor: ({ collection }) => ({
      efSearch,
      take: 2,
      oversampling: { none: 1, half: 2, binary: 8 }[collection.quantization],
      expected: 0.95,
    }),
  };
}

export function knowledgeOf(estimates: RowEstimates, efSearch = 100): Knowledge {
  return {
    estimates,
    recall: recallOfWidth(efSearch),
    costsOf: (collection) => assumedCosts(collection),
    filtered: new Map(),
  };
}

/** By which nothing is compared row by row for being cheap. */
export function indexKnowledge(estimates: RowEstimates): SearchKnowledge {
  const knowledge = knowledgeOf(estimates);
  const costsOf: Knowledge["costsOf"] = (collection, group) => ({
    ...knowledge.costsOf(collection, group),
    exactRowUs: 1e6,
  });
  return { of: () => ({ ...knowledge, costsOf }), saw() {} };
}
