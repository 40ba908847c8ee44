/**
 * The shard map: an immutable snapshot of which node group holds which hash range of which collection. Values
 * and pure look-ups only; where maps come from is `map-store.ts` (shared) and `Engine.readMap()` (the
 * catalogs).
 */
import { isDeepStrictEqual } from "node:util";
import { invalidField, type OrreryError } from "../errors.ts";
import type { CollectionSettings } from "./collection-settings.ts";

export type ShardId = number;
export type GroupId = number;
export type NodeId = number;

export type Quantization = "none" | "half" | "binary";
/** How vectors are compared; what a similarity is then: src/shards/sql/distance.ts. */
export type Metric = "cosine" | "l2" | "inner_product";

/** One PostgreSQL server of a node group. */
export interface Node {
  readonly id: NodeId;
  readonly group: GroupId;
  /** `host:port` as the cluster itself names the node; `ORRERY_NODE_ADDRESSES` may translate it. */
  readonly name: string;
  readonly role: "primary" | "standby";
}

/** A contiguous range of the hash ring, both ends included, as signed 32-bit integers. */
export interface HashRange {
  readonly min: number;
  readonly max: number;
}

export interface Shard extends HashRange {
  readonly id: ShardId;
  readonly group: GroupId;
}

export interface Collection {
  /** Never reused, so a dropped and re-created collection is another one. */
  readonly id: number;
  readonly name: string;
  /** Table name without schema: `memory_entries` or `c_<number>`. */
  readonly table: string;
  readonly dimension: number;
  readonly metric: Metric;
  readonly quantization: Quantization;
  /**
   * Absent unless true: the index of this `half` collection is over the vectors as they are stored, as early
   * versions made it, and not over vectors of length 1.
   */
  readonly unnormalized?: true;
  readonly hnsw: { readonly m: number; readonly efConstruction: number };
  /** Absent when there are none. */
  readonly settings?: CollectionSettings;
  /** Sorted by `min`; together they cover the whole ring without gaps or overlaps. */
  readonly shards: readonly Shard[];
}

/** A collection that cannot be routed by what the catalogs say of its shards. */
export interface InvalidCollection {
  readonly name: string;
  readonly problem: string;
}

/** What the catalogs of one metadata node say, read in one snapshot. A shard map without its epoch. */
export interface Catalog {
  readonly clusterId: string;
  readonly nodes: readonly Node[];
  readonly collections: readonly Collection[];
  /**
   * Those whose shards are not what `Collection.shards` promises; absent when there are none. In
   * `collections` they are as they were when they last were valid, or missing.
   */
  readonly invalid?: readonly InvalidCollection[];
}

export interface ShardMap extends Catalog {
  /** Grows with each publication; for people and tokens. 0: read from the catalogs, never published. */
  readonly epoch: number;
}

export const EMPTY_MAP: ShardMap = { epoch: 0, clusterId: "", nodes: [], collections: [] };

/** undefined when the map has no such collection. */
export function findCollection(map: Catalog, name: string): Collection | undefined {
  return map.collections.find((collection) => collection.name === name);
}

/** halfvec's largest number. */
const MAX_HALF = 65_504;
/** pgvector sums squares in float32: below this length the sum underflows, and by cosine nothing is near. */
const MIN_LENGTH = 1e-18;

/** Throws INVALID_REQUEST naming `field` when a record of the collection cannot have the vector. */
export function checkStorable(vector: Float32Array, collection: Collection, field: string): void {
  checkDimension(vector, collection, field);
  checkRange(vector, collection, field);
  if (collection.metric !== "cosine") return;
  let squares = 0;
  // By index: five times as fast as for-of over a typed array.
  for (let i = 0; i < vector.length; i += 1) squares += (vector[i] ?? 0) ** 2;
  if (squares === 0) throw withoutDirection(field);
  if (squares < MIN_LENGTH ** 2) throw invalidField(field, `its length must be at least ${MIN_LENGTH}`);
}

/**
 * Throws INVALID_REQUEST naming `field` when the index takes vectors as they are and cannot hold this one.
 */
export function checkRange(
  vector: Float32Array,
  { metric, quantization }: Pick<Collection, "metric" | "quantization">,
  field: string,
): void {
  if (quantization !== "half" || metric === "cosine") return;
  const index = vector.findIndex((number) => Math.abs(number) > MAX_HALF);
  if (index < 0) return;
  throw invalidField(field, `number ${index} is ${vector[index]}, quantization half holds up to ${MAX_HALF}`);
}

/** By cosine, a vector of zeros is as near to everything as to nothing. */
export function withoutDirection(field: string): OrreryError {
  return invalidField(field, "all numbers are zero, which has no direction");
}

/** Throws INVALID_REQUEST naming `field` when the vector does not fit the collection. */
export function checkDimension(vector: Float32Array, collection: Collection, field: string): void {
  if (vector.length === collection.dimension) return;
  throw invalidField(
    field,
    `has ${vector.length} dimensions, collection ${collection.name} has ${collection.dimension}`,
  );
}

/** The node that takes the writes of a group; undefined when the map has none for the group. */
export function primaryOf(map: Catalog, group: GroupId): Node | undefined {
  return map.nodes.find((node) => node.group === group && node.role === "primary");
}

/** The node groups that hold at least one shard of any collection, ascending. */
export function groupsWithShards(map: Catalog): readonly GroupId[] {
  const groups = new Set<GroupId>();
  for (const collection of map.collections) for (const shard of collection.shards) groups.add(shard.group);
  return [...groups].sort((a, b) => a - b);
}

/**
 * True when two catalogs route every request alike: same cluster, nodes, collections, ranges and placements.
 */
export function sameCatalog(a: Catalog, b: Catalog): boolean {
  return isDeepStrictEqual(catalogOf(a), catalogOf(b));
}

function catalogOf({ clusterId, nodes, collections, invalid = [] }: Catalog): Catalog {
  return { clusterId, nodes, collections, invalid };
}
