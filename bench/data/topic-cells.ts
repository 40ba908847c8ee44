/**
 * What the searches of `recall` and `filters` ask: a filter of some selectivity and place, a tenant, or all.
 */
import type { SearchRequestInit } from "../../src/proto/generated/orrery/v1/SearchRequest.ts";
import { type Place, type TopicFilter, topicFilter } from "../../test/support/topic-filters.ts";
import { innerProduct, type TopicData, type TopicRecord } from "../../test/support/topics.ts";

const PLACES: readonly Place[] = ["random", "near", "far"];

export interface Cell {
  readonly name: string;
  readonly request: SearchRequestInit;
  readonly filter: TopicFilter | undefined;
  readonly holds: (record: TopicRecord) => boolean;
  readonly namespace: string | undefined;
}

/** Ten tenants, of ten topics each. */
export const namespaceOf = (topic: number) => `tenant-${topic % 10}`;

export function cellNames(selectivities: readonly number[]): readonly string[] {
  return [
    "none",
    "tenant, near",
    "tenant, far",
    ...PLACES.flatMap((place) => selectivities.map((selectivity) => `${place} ${selectivity}`)),
  ];
}

/** The cell of that name as this query has it: which topics are near follows from the query. */
export function cellOf(name: string, data: TopicData, query: Float32Array): Cell {
  if (name === "none") {
    return {
      name,
      request: { allNamespaces: true },
      filter: undefined,
      holds: () => true,
      namespace: undefined,
    };
  }
  const [place, selectivity] = name.split(" ") as [string, string];
  if (place === "tenant,") {
    const products = data.centres.map((centre) => innerProduct(centre, query));
    const wanted = selectivity === "near" ? Math.max(...products) : Math.min(...products);
    const namespace = namespaceOf(products.indexOf(wanted));
    return {
      name,
      request: { namespaces: [namespace] },
      filter: undefined,
      holds: ({ topic }) => namespaceOf(topic) === namespace,
      namespace,
    };
  }
  const filter = topicFilter(data, query, { place: place as Place, selectivity: Number(selectivity) });
  return {
    name,
    request: { allNamespaces: true, filter: filter.message },
    filter,
    holds: filter.holds,
    namespace: undefined,
  };
}
