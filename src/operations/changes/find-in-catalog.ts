/** What a change names, in the catalogs. Pure. */
import { OrreryError } from "../../errors.ts";
import { existing } from "../../topology/collection-lookup.ts";
import { hashText, shardAt } from "../../topology/ring.ts";
import {
  type Catalog,
  type Collection,
  findCollection,
  type GroupId,
  type Node,
  primaryOf,
  type Shard,
  type ShardId,
} from "../../topology/shard-map.ts";
import { refused } from "./refusals.ts";

/** Throws SHARD_NOT_FOUND. */
export function findShard(
  catalog: Catalog,
  id: ShardId,
): { readonly collection: Collection; readonly shard: Shard } {
  for (const collection of catalog.collections) {
    const shard = collection.shards.find((other) => other.id === id);
    if (shard !== undefined) return { collection, shard };
  }
  throw new OrreryError("SHARD_NOT_FOUND", `shard ${id} does not exist`, {
    details: { metadata: { shard: String(id) } },
  });
}

/** Throws COLLECTION_NOT_FOUND. */
export function collectionIn(catalog: Catalog, name: string): Collection {
  return existing(findCollection(catalog, name), name);
}

/** The shard that has the namespace, whether it holds records or not. Throws COLLECTION_NOT_FOUND. */
export function shardOfNamespace(
  catalog: Catalog,
  { collection: name, namespace }: { readonly collection: string; readonly namespace: string },
): { readonly collection: Collection; readonly shard: Shard } {
  const collection = collectionIn(catalog, name);
  return { collection, shard: shardAt(collection, hashText(namespace)) };
}

/** The node of this name (`host:port`). Throws NODE_NOT_FOUND. */
export function findNode<Named extends { readonly name: string }>(
  nodes: readonly Named[],
  name: string,
): Named {
  const node = nodes.find((other) => other.name === name);
  if (node !== undefined) return node;
  throw new OrreryError("NODE_NOT_FOUND", `there is no node ${JSON.stringify(name)}`, {
    details: { metadata: { node: name } },
  });
}

/** As `findNode`, of a node that can hold shard groups itself. PLACEMENT_REFUSED when it is a standby. */
export function findPrimary<Named extends { readonly name: string; readonly role: Node["role"] }>(
  nodes: readonly Named[],
  name: string,
): Named {
  const node = findNode(nodes, name);
  if (node.role === "standby")
    throw refused(`${name} is a standby, which holds what its primary does: name the primary of its group`);
  return node;
}

/** The name of a group's primary; empty when it has none. */
export function primaryName(catalog: Catalog, group: GroupId): string {
  return primaryOf(catalog, group)?.name ?? "";
}

/** The id of a group's primary; 0, which no node has, when it has none. */
export function primaryId(catalog: Catalog, group: GroupId): number {
  return primaryOf(catalog, group)?.id ?? 0;
}
