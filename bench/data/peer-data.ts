/** What the systems of `peers` are given and asked: the same data, filters and queries for each. */
import { innerProduct, mixture, type TopicData, type TopicRecord, words } from "../../test/support/topics.ts";
import { type Truth, truthOf } from "./truth.ts";

/** A condition that every system can be asked: by a number, or by one of some numbers. */
export type PeerFilter =
  | { readonly kind: "chance-below"; readonly below: number }
  | { readonly kind: "topic-in"; readonly topics: readonly number[] };

export interface PeerSearch {
  readonly vector: Float32Array;
  readonly filter?: PeerFilter;
}

export interface PeerData {
  /** `mixture` or `words`. */
  readonly kind: string;
  readonly dimension: number;
  readonly records: readonly TopicRecord[];
  /** A tenth of the records, by key, with other vectors of the same kind. */
  readonly overwrites: readonly TopicRecord[];
  readonly queries: readonly Float32Array[];
  readonly centres: readonly Float32Array[];
}

export const PEER_TOP_K = 10;
/** Each tenth record is overwritten. */
const OVERWRITTEN = 10;

/** Throws when there is no data of that kind. */
export function createPeerData(
  kind: string,
  shape: { readonly records: number; readonly queries: number; readonly dimension: number },
): PeerData {
  const overwritten = Math.floor(shape.records / OVERWRITTEN);
  const all = { ...shape, records: shape.records + overwritten };
  const { records, queries, centres } = dataOf(kind, all);
  const kept = records.slice(0, shape.records);
  const overwrites = records
    .slice(shape.records)
    .map((record, i) => ({ ...record, key: (kept[i * OVERWRITTEN] as TopicRecord).key }));
  const dimension = queries[0]?.length ?? 0;
  return { kind, dimension, records: kept, overwrites, queries, centres };
}

function dataOf(
  kind: string,
  shape: { readonly records: number; readonly queries: number; readonly dimension: number },
): TopicData {
  if (kind === "mixture") return mixture(shape);
  if (kind === "words") return words(shape);
  throw new TypeError(`no data ${kind}; there are mixture and words`);
}

/** The records as they are after the overwrites, in the same order. */
export function overwrittenRecords({ records, overwrites }: PeerData): readonly TopicRecord[] {
  const newer = new Map(overwrites.map((record) => [record.key, record]));
  return records.map((record) => newer.get(record.key) ?? record);
}

export interface FilterCell {
  readonly name: string;
  /** Of one query: which topics are far follows from it. */
  filterOf(data: PeerData, query: Float32Array): PeerFilter;
}

/** A tenth and a hundredth of the records anywhere, and a tenth of the topics farthest from the query. */
export const FILTER_CELLS: readonly FilterCell[] = [
  { name: "random 0.1", filterOf: () => ({ kind: "chance-below", below: 0.1 }) },
  { name: "random 0.01", filterOf: () => ({ kind: "chance-below", below: 0.01 }) },
  { name: "far 0.1", filterOf: (data, query) => farTopics(data, query, 0.1) },
];

/** Whole topics, the farthest first, until they have that part of the records. */
function farTopics({ records, centres }: PeerData, query: Float32Array, part: number): PeerFilter {
  const sizes = new Map<number, number>();
  for (const { topic } of records) sizes.set(topic, (sizes.get(topic) ?? 0) + 1);
  const order = centres
    .map((centre, topic) => ({ topic, product: innerProduct(centre, query) }))
    .sort((a, b) => a.product - b.product);
  const topics: number[] = [];
  let found = 0;
  for (const { topic } of order) {
    if (found >= part * records.length) break;
    topics.push(topic);
    found += sizes.get(topic) ?? 0;
  }
  return { kind: "topic-in", topics };
}

export function holdsFor(filter: PeerFilter | undefined): (record: TopicRecord) => boolean {
  if (filter === undefined) return () => true;
  if (filter.kind === "chance-below") return ({ chance }) => chance < filter.below;
  const topics = new Set(filter.topics);
  return ({ topic }) => topics.has(topic);
}

/** What each search should find, by comparing with every record. */
export function truthsOf(records: readonly TopicRecord[], searches: readonly PeerSearch[]): readonly Truth[] {
  return searches.map(({ vector, filter }) => {
    const products = Float64Array.from(records, (record) => innerProduct(vector, record.vector));
    return truthOf(records, products, { topK: PEER_TOP_K, holds: holdsFor(filter) });
  });
}
