/** Filters over records with topics, of a given selectivity and place. Pure. */
import type { FilterInit } from "../../src/proto/generated/orrery/v1/Filter.ts";
import type { Filter } from "../../src/shards/sql/filter.ts";
import { innerProduct, PARTS, type TopicData, type TopicRecord } from "./topics.ts";

/**
 * Where the records are that a filter holds for: anywhere, in the topics nearest to the query, or farthest.
 */
export type Place = "random" | "near" | "far";

export interface TopicFilter {
  readonly place: Place;
  /** Wanted part of the records, 0-1. */
  readonly selectivity: number;
  readonly holds: (record: TopicRecord) => boolean;
  /** As a request has it, and as statements have it. */
  readonly message: FilterInit;
  readonly filter: Filter;
}

/** Tags and metadata of a record. */
export function attributesOf({ topic, part, chance }: TopicRecord) {
  return { tags: [`t${topic}`, `t${topic}.${part}`], chance };
}

export function topicFilter(
  { records, centres }: TopicData,
  query: Float32Array,
  { place, selectivity }: Pick<TopicFilter, "place" | "selectivity">,
): TopicFilter {
  if (place === "random") {
    return {
      place,
      selectivity,
      holds: ({ chance }) => chance < selectivity,
      message: { compare: { path: "chance", op: "COMPARE_OP_LT", value: { numberValue: selectivity } } },
      filter: { kind: "lt", path: ["chance"], value: selectivity },
    };
  }
  const tags = new Set(tagsOf(records, order(centres, query, place), selectivity * records.length));
  return {
    place,
    selectivity,
    holds: (record) => attributesOf(record).tags.some((tag) => tags.has(tag)),
    message: { tags: { any: [...tags] } },
    filter: { kind: "tags", match: "any", tags: [...tags] },
  };
}

/** Topics from the nearest, or from the farthest. */
function order(centres: readonly Float32Array[], query: Float32Array, place: Place): readonly number[] {
  const sign = place === "near" ? -1 : 1;
  return centres
    .map((centre, topic) => ({ topic, product: innerProduct(centre, query) }))
    .sort((a, b) => sign * (a.product - b.product))
    .map(({ topic }) => topic);
}

/** Whole topics, as long as they fit, then parts of the next. At most 64 tags, as a filter may have. */
function tagsOf(
  records: readonly TopicRecord[],
  topics: readonly number[],
  wanted: number,
): readonly string[] {
  const sizes = new Map<number, number>();
  for (const { topic } of records) sizes.set(topic, (sizes.get(topic) ?? 0) + 1);
  const tags: string[] = [];
  let found = 0;
  for (const topic of topics) {
    const size = sizes.get(topic) ?? 0;
    if (found + size <= wanted && tags.length < 64 - PARTS) {
      tags.push(`t${topic}`);
      found += size;
      continue;
    }
    const parts = Math.max(
      tags.length === 0 ? 1 : 0,
      Math.min(PARTS, Math.floor(((wanted - found) / size) * PARTS)),
    );
    return [...tags, ...Array.from({ length: parts }, (_, part) => `t${topic}.${part}`)];
  }
  return tags;
}
