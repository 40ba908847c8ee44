/**
 * The engine and its nodes, and what each kind of them takes from the configuration. Part of the composition
 * root.
 */
import { DEFAULT_COLLECTION, defaultDimension } from "../config/default-collection.ts";
import type { Config } from "../config/load.ts";
import { DEFAULT_HNSW } from "../engines/collection-ddl.ts";
import type { CollectionSpec, Engine } from "../engines/engine.ts";
import { knownSchema } from "../engines/read-migrations.ts";
import type { Logger } from "../lib/logger.ts";
import type { Defer } from "../lib/releasers.ts";
import type { TurnQueue } from "../lib/turns.ts";
import type { NodePools } from "../shards/node-pools.ts";
import type { PoolSettings } from "../shards/pg/pg-session.ts";
import { type SchemaRange, schemaRange } from "../shards/schema-range.ts";
import { settingsOfNew } from "../topology/collection-settings.ts";
import type { ShardMap } from "../topology/shard-map.ts";
import type { NodeMonitor } from "./monitored-nodes.ts";

export interface Storage {
  readonly engine: Engine;
  readonly nodes: NodePools;
  /** The nodes as the collectors ask them. */
  readonly monitor: NodeMonitor;
  /** Shards of a new collection that names no number. */
  readonly defaultShardCount: number;
}

export interface StorageOptions {
  readonly config: Config;
  /** The map that is served at present. */
  readonly map: () => ShardMap;
  readonly logger: Logger;
  /** Where what takes long waits for its turns. */
  readonly turns: TurnQueue;
  /** Says what is done next. */
  readonly step: (what: string) => void;
  readonly defer: Defer;
}

/** Of sessions; every search sets its own. */
const USUAL_EF_SEARCH = 100;

/** Of requests to one node. */
export function poolSettings({ pool, query }: Config): PoolSettings {
  return { ...pool, efSearch: query.efSearch ?? USUAL_EF_SEARCH };
}

/** Of the engine, for the catalogs. */
export function catalogPool(config: Config): PoolSettings {
  return { ...poolSettings(config), ...UNSHARED, max: 2 };
}

/** For pings, statistics and the catalogs of a node, so that they never wait for requests. */
export function upkeepPool(config: Config): PoolSettings {
  return { ...poolSettings(config), ...UNSHARED, max: 2, queue: 64 };
}

/** One connection for each collector that asks nodes, so that none waits for another that hangs. */
export function monitorPool(config: Config): PoolSettings {
  return { ...poolSettings(config), ...UNSHARED, max: 4, queue: 16 };
}

/** What these ask is short, or has a limit of its own. */
const UNSHARED = { readShare: 1, writeShare: 1, namespaceShare: 1, shardShare: 1, lockTimeoutMs: 0 } as const;

/** Versions of the schema that this program works with. */
export function schemaOf(engine: "citus" | "postgres"): SchemaRange {
  return schemaRange(knownSchema(engine));
}

/** `memory_entries`, created by the first migration. */
export function defaultCollection(config: Config, shardCount: number): CollectionSpec {
  const dimension = defaultDimension(config);
  return {
    name: DEFAULT_COLLECTION,
    dimension,
    metric: "cosine",
    quantization: "none",
    hnsw: DEFAULT_HNSW,
    shardCount,
    settings: settingsOfNew(dimension),
  };
}
