/**
 * Row estimates for every shard of the present map, read from the nodes in the background, so that no request waits
 * for them. Citus does not analyse the target of a move or split; such a shard keeps the last known statistics of its
 * hash range, scaled to its share of it, until its own are there.
 */
import type { Logger } from "../lib/logger.ts";
import type { Collection, GroupId, HashRange, Shard, ShardId, ShardMap } from "../topology/shard-map.ts";
import type { NodeRunner } from "./node-driver.ts";
import { decodeStatistics, type ShardStatistics, statisticsStatement } from "./sql/statistics.ts";

export interface RowStatisticsOptions {
  readonly nodes: NodeRunner;
  readonly map: () => ShardMap;
  readonly relationOf: (collection: Collection, shard: ShardId) => string;
  readonly intervalMs: number;
  readonly logger: Logger;
}

export interface RowStatistics {
  /** undefined without statistics. */
  shardRows(collection: Collection, shard: ShardId): number | undefined;
  shardKeyRows(collection: Collection, shard: ShardId, shardKey: string): number | undefined;
  /** Reads all of them now. Nodes that do not answer keep what is known. */
  read(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

interface Known extends HashRange {
  readonly statistics: ShardStatistics;
}

/** Reads at once and then every `intervalMs`. */
export function startRowStatistics(options: RowStatisticsOptions): RowStatistics {
  return new Statistics(options);
}

class Statistics implements RowStatistics {
  readonly #options: RowStatisticsOptions;
  readonly #byCollection = new Map<number, Map<ShardId, Known>>();
  readonly #closing = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #reading: Promise<void> = Promise.resolve();

  constructor(options: RowStatisticsOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#readSoon(), options.intervalMs);
    this.#readSoon();
  }

  shardRows(collection: Collection, shard: ShardId): number | undefined {
    return this.#find(collection, shard)?.rows;
  }

  shardKeyRows(collection: Collection, shard: ShardId, shardKey: string): number | undefined {
    const statistics = this.#find(collection, shard);
    return statistics === undefined ? undefined : keyRows(statistics, shardKey);
  }

  async read(signal: AbortSignal): Promise<void> {
    const { collections } = this.#options.map();
    for (const id of this.#byCollection.keys()) {
      if (!collections.some((collection) => collection.id === id)) this.#byCollection.delete(id);
    }
    const byGroup = new Map<GroupId, { collection: Collection; shard: Shard }[]>();
    for (const collection of collections) {
      for (const shard of collection.shards) {
        const wanted = byGroup.get(shard.group) ?? [];
        wanted.push({ collection, shard });
        byGroup.set(shard.group, wanted);
      }
    }
    await Promise.all([...byGroup].map(([group, shards]) => this.#readGroup(group, shards, signal)));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort(new Error("closing"));
    await this.#reading;
  }

  #readSoon(): void {
    this.#reading = this.#reading.then(() => this.read(this.#closing.signal));
  }

  async #readGroup(
    group: GroupId,
    shards: readonly { readonly collection: Collection; readonly shard: Shard }[],
    signal: AbortSignal,
  ): Promise<void> {
    const { nodes, relationOf, logger } = this.#options;
    const byRelation = new Map(shards.map((entry) => [relationOf(entry.collection, entry.shard.id), entry]));
    try {
      const rows = await nodes.runOn(group, statisticsStatement([...byRelation.keys()]), { signal });
      for (const statistics of rows.map(decodeStatistics)) {
        const entry = byRelation.get(statistics.relation);
        if (entry === undefined) continue;
        const { collection, shard } = entry;
        const known = this.#byCollection.get(collection.id) ?? new Map<ShardId, Known>();
        this.#byCollection.set(
          collection.id,
          known.set(shard.id, { min: shard.min, max: shard.max, statistics }),
        );
      }
    } catch (error) {
      if (!signal.aborted) logger.debug({ group, error: String(error) }, "row estimates not read");
    }
  }

  #find(collection: Collection, id: ShardId): ShardStatistics | undefined {
    const known = this.#byCollection.get(collection.id);
    const own = known?.get(id);
    if (known === undefined || own !== undefined) return own?.statistics;
    const shard = collection.shards.find((other) => other.id === id);
    if (shard === undefined) return undefined;
    for (const before of known.values()) {
      if (before.min <= shard.min && before.max >= shard.max) return scaled(before, shard);
    }
    return undefined;
  }
}

/**
 * As PostgreSQL's planner estimates `shard_key = x` (var_eq_const in selfuncs.c): its own frequency if it is a most
 * common value, else an equal share of what those leave.
 */
export function keyRows({ rows, distinctKeys, commonKeys }: ShardStatistics, shardKey: string): number {
  const share = commonKeys.get(shardKey);
  if (share !== undefined) return share * rows;
  let common = 0;
  for (const frequency of commonKeys.values()) common += frequency;
  const others = distinctKeys - commonKeys.size;
  return others < 1 ? 0 : (Math.max(0, 1 - common) / others) * rows;
}

function scaled({ min, max, statistics }: Known, part: HashRange): ShardStatistics {
  const share = (part.max - part.min + 1) / (max - min + 1);
  return {
    ...statistics,
    rows: statistics.rows * share,
    distinctKeys: Math.max(1, statistics.distinctKeys * share),
    commonKeys: new Map(
      [...statistics.commonKeys].map(([key, frequency]) => [key, Math.min(1, frequency / share)]),
    ),
  };
}
