/** The read side, assembled. */
import { createCount } from "./count.ts";
import { createMeasureRecall } from "./measure-recall.ts";
import { createGetNamespace, createListNamespaces } from "./namespaces.ts";
import { createGet, createList } from "./records.ts";
import { createSearch } from "./search.ts";
import type { SearchDeps } from "./search-rounds.ts";
import type { QueryApi } from "./types.ts";

export function createQuery(deps: SearchDeps): QueryApi {
  const get = createGet(deps);
  const search = createSearch(deps, get);
  // What is searched only to be compared is nobody's search, and its queries are not users' queries.
  const unobserved = createSearch({ ...deps, observer: { ...deps.observer, searchFinished() {} } }, get);
  return {
    search,
    measureRecall: createMeasureRecall(deps, unobserved),
    get,
    list: createList(deps),
    count: createCount(deps),
    listNamespaces: createListNamespaces(deps),
    getNamespace: createGetNamespace(deps),
  };
}
