/**
 * Row estimates for every shard of the present map, read from the nodes in the background, so that no request
 * waits for them. Citus does not analyse the target of a move or split; such a shard keeps the last known
 * statistics of its hash range until its own are there.
 */
import { setMaxListeners } from "node:events";
import { OrreryError } from "../errors.ts";
import type { Logger } from "../lib/logger.ts";
import { withTimeLimit } from "../lib/time-limit.ts";
import type { Collection, GroupId, HashRange, Shard, ShardId, ShardMap } from "../topology/shard-map.ts";
import { type NodeRunner, rowsOrThrow } from "./node-driver.ts";
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
  /** How tags and times spread. */
  columns(collection: Collection, shard: ShardId): Pick<ShardStatistics, "tags" | "createdAtUs"> | undefined;
  /** Reads all of them now. What is known of nodes that do not answer is kept. */
  read(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

interface Known extends HashRange {
  readonly statistics: ShardStatistics;
}

/** What is known of a node that has not answered by then is kept; it does not delay the others. */
const READ_TIMEOUT_MS = 10_000;
const LEAST_SHARE = 0.01;

/** Reads at once and then every `intervalMs`. */
export function startRowStatistics(options: RowStatisticsOptions): RowStatistics {
  return new Statistics(options);
}

class Statistics implements RowStatistics {
  readonly #options: RowStatisticsOptions;
  readonly #byCollection = new Map<number, Map<ShardId, Known>>();
  readonly #closing = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #reading: Promise<void> | undefined;

  constructor(options: RowStatisticsOptions) {
    // Each read under way has a listener, which is not a leak.
    setMaxListeners(0, this.#closing.signal);
    this.#options = options;
    this.#timer = setInterval(() => this.#readSoon(), options.intervalMs);
    this.#readSoon();
  }

  shardRows(collection: Collection, shard: ShardId): number | undefined {
    const found = this.#find(collection, shard);
    return found === undefined ? undefined : found.statistics.rows * found.share;
  }

  shardKeyRows(collection: Collection, shard: ShardId, shardKey: string): number | undefined {
    const found = this.#find(collection, shard);
    // No share, even of a shard that was split: each key is in one of its parts as a whole.
    return found === undefined ? undefined : keyRows(found.statistics, shardKey);
  }

  columns(collection: Collection, shard: ShardId) {
    return this.#find(collection, shard)?.statistics;
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
    this.#reading ??= this.read(this.#closing.signal).finally(() => {
      this.#reading = undefined;
    });
  }

  async #readGroup(
    group: GroupId,
    shards: readonly { readonly collection: Collection; readonly shard: Shard }[],
    signal: AbortSignal,
  ): Promise<void> {
    const { nodes, relationOf, logger } = this.#options;
    const byRelation = new Map(shards.map((entry) => [relationOf(entry.collection, entry.shard.id), entry]));
    const limit = withTimeLimit(
      signal,
      READ_TIMEOUT_MS,
      () => new OrreryError("NODE_UNAVAILABLE", `node group ${group} does not answer`),
    );
    try {
      const statement = statisticsStatement([...byRelation.keys()]);
      const rows = rowsOrThrow(await nodes.runOn(group, statement, { signal: limit.signal }));
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
    } finally {
      limit.clear();
    }
  }

  /**
   * The statistics of the shard, or the last ones of the shard it was cut from with its share of that one's
   * range.
   */
  #find(collection: Collection, id: ShardId): { statistics: ShardStatistics; share: number } | undefined {
    const known = this.#byCollection.get(collection.id);
    const own = known?.get(id);
    if (known === undefined || own !== undefined) return own && { statistics: own.statistics, share: 1 };
    const shard = collection.shards.find((other) => other.id === id);
    if (shard === undefined) return undefined;
    const before = [...known.values()].findLast(({ min, max }) => min <= shard.min && max >= shard.max);
    const share = before === undefined ? 0 : width(shard) / width(before);
    // Only over wide ranges are rows spread evenly: a tenant isolated to one hash may have had most rows of
    // the shard it was cut from.
    return before === undefined || share < LEAST_SHARE ? undefined : { statistics: before.statistics, share };
  }
}

/**
 * As PostgreSQL's planner estimates `shard_key = x` (var_eq_const in selfuncs.c): its own frequency if it is
 * a most common value, else an equal share of what those leave, but no more than the least common of them.
 */
export function keyRows({ rows, distinctKeys, commonKeys }: ShardStatistics, shardKey: string): number {
  const share = commonKeys.get(shardKey);
  if (share !== undefined) return share * rows;
  let common = 0;
  let leastCommon = 1;
  for (const frequency of commonKeys.values()) {
    common += frequency;
    leastCommon = Math.min(leastCommon, frequency);
  }
  const others = Math.max(1, distinctKeys - commonKeys.size);
  return Math.min(Math.max(0, 1 - common) / others, leastCommon) * rows;
}

function width({ min, max }: HashRange): number {
  return max - min + 1;
}
