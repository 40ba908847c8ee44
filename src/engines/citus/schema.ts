/** Where the tables of collections and their shards are. */
import { quoteIdentifier } from "../../lib/quote-identifier.ts";
import type { ShardId } from "../../topology/shard-map.ts";

export const SCHEMA = "public";

/** A table of it, quoted, with schema. */
export function qualified(table: string): string {
  return `${quoteIdentifier(SCHEMA)}.${quoteIdentifier(table)}`;
}

/** The table of a shard as Citus names it, quoted, with schema. */
export function shardRelation(table: string, shard: ShardId): string {
  return qualified(`${table}_${shard}`);
}
