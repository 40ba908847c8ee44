/** The read side, assembled. */
import { createCount } from "./count.ts";
import { createGetNamespace, createListNamespaces } from "./namespaces.ts";
import { createGet, createList } from "./records.ts";
import { createSearch } from "./search.ts";
import type { SearchDeps } from "./search-rounds.ts";
import type { QueryApi } from "./types.ts";

export function createQuery(deps: SearchDeps): QueryApi {
  const get = createGet(deps);
  return {
    search: createSearch(deps, get),
    get,
    list: createList(deps),
    count: createCount(deps),
    listNamespaces: createListNamespaces(deps),
    getNamespace: createGetNamespace(deps),
  };
}
