/**
 * Measures what searches cost where nothing is known of it yet: each way to search a few times in turn, on
 * one shard of each collection and node, as soon as its statistics say that it is large enough. On
 * connections that no request uses, one at a time, and for nothing when it fails.
 */
import { OrreryError } from "../errors.ts";
import { withTimeLimit } from "../lib/time-limit.ts";
import type { NodeRunner } from "../shards/node-driver.ts";
import type { ReadStatements } from "../shards/read-statements.ts";
import type { SearchBranch } from "../shards/sql/search.ts";
import type { Collection, Shard, ShardMap } from "../topology/shard-map.ts";
import type { LearntCosts } from "./learnt-costs.ts";
import { comparableVector } from "./plan/comparable-vector.ts";
import type { ReadRelations, RowEstimates } from "./types.ts";

export interface CostSamplesOptions {
  /** Connections apart from those of requests. */
  readonly nodes: NodeRunner;
  readonly map: () => ShardMap;
  readonly estimates: RowEstimates;
  readonly relations: ReadRelations;
  readonly statements: ReadStatements;
  readonly costs: LearntCosts;
  /** How often it looks for what was not measured yet. */
  readonly intervalMs: number;
  readonly monotonicMs: () => number;
}

export interface CostSamples {
  /** Measures all that was not measured yet. */
  measure(): Promise<void>;
  close(): Promise<void>;
}

/** Of a smaller shard all rows are compared, or a moment decides. */
const LEAST_ROWS = 5_000;
/** To compare more takes too long for a measurement. */
const MOST_ROWS = 500_000;
const SAMPLES = 5;
/** Rows, of which the samples are chosen. */
const CHOSEN_FROM = 100;
const SCANNED = 1_000;
const EF_SEARCH = 40;
const TOP_K = 10;
/** For all samples of one shard. */
const LIMIT_MS = 10_000;
const NOTHING_WANTED = { value: false, metadata: false, vector: false } as const;

export function startCostSamples(options: CostSamplesOptions): CostSamples {
  return new Samples(options);
}

class Samples implements CostSamples {
  readonly #options: CostSamplesOptions;
  readonly #closing = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #measured = new Set<string>();
  #underWay: Promise<void> | undefined;

  constructor(options: CostSamplesOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.measure(), options.intervalMs);
  }

  measure(): Promise<void> {
    this.#underWay ??= this.#measureAll().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort(new OrreryError("CANCELLED", "shutting down"));
    await this.#underWay;
  }

  async #measureAll(): Promise<void> {
    for (const collection of this.#options.map().collections) {
      for (const shard of this.#chosenOf(collection)) {
        if (this.#closing.signal.aborted) return;
        await this.#measureShard(collection, shard);
      }
    }
  }

  /** The largest measurable shard of each node group that was not measured yet. */
  #chosenOf(collection: Collection): readonly Shard[] {
    const chosen = new Map<number, { readonly shard: Shard; readonly rows: number }>();
    for (const shard of collection.shards) {
      if (this.#measured.has(`${collection.id} ${shard.group}`)) continue;
      const rows = this.#options.estimates.shardRows(collection, shard.id) ?? 0;
      if (rows < LEAST_ROWS || rows > MOST_ROWS) continue;
      if (rows > (chosen.get(shard.group)?.rows ?? 0)) chosen.set(shard.group, { shard, rows });
    }
    return [...chosen.values()].map(({ shard }) => shard);
  }

  async #measureShard(collection: Collection, shard: Shard): Promise<void> {
    this.#measured.add(`${collection.id} ${shard.group}`);
    const { signal, clear } = withTimeLimit(
      this.#closing.signal,
      LIMIT_MS,
      () => new OrreryError("DEADLINE_EXCEEDED", `not measured within ${LIMIT_MS} ms`),
    );
    try {
      for (const vector of await this.#vectorsOf(collection, shard, signal)) {
        await this.#compare(collection, shard, vector, signal);
        await this.#scan(collection, shard, vector, signal);
      }
    } catch (error) {
      // What requests take will say it.
      if (!(error instanceof OrreryError)) throw error;
    } finally {
      clear();
    }
  }

  async #compare(collection: Collection, shard: Shard, vector: Float32Array, signal: AbortSignal) {
    const rows = this.#options.estimates.shardRows(collection, shard.id) ?? 0;
    const elapsedUs = await this.#ask(collection, shard, vector, { strategy: "exact" }, signal);
    const { costs } = this.#options;
    costs.saw({ collection, group: shard.group, elapsedUs, kind: { strategy: "exact", rows } });
  }

  async #scan(collection: Collection, shard: Shard, vector: Float32Array, signal: AbortSignal) {
    const { costs } = this.#options;
    for (const scanned of [EF_SEARCH, SCANNED]) {
      const bound = { scanned, taken: scanned };
      const elapsedUs = await this.#ask(collection, shard, vector, { strategy: "ann", bound }, signal);
      const kind = { strategy: "ann", efSearch: EF_SEARCH, scanned } as const;
      costs.saw({ collection, group: shard.group, elapsedUs, kind });
    }
  }

  /** Microseconds that a search took, without waiting for a connection. */
  async #ask(
    collection: Collection,
    shard: Shard,
    vector: Float32Array,
    how: Pick<SearchBranch, "strategy" | "bound">,
    signal: AbortSignal,
  ): Promise<number> {
    const { nodes, relations, statements, monotonicMs } = this.#options;
    const statement = statements.searchStatement({
      vector: comparableVector(vector, collection, "vector"),
      metric: collection.metric,
      quantization: collection.unnormalized === true ? "unnormalized-half" : collection.quantization,
      branches: [
        {
          relation: relations.readRelation(collection, shard.id),
          shardId: shard.id,
          shardKeys: "all",
          limit: TOP_K,
          efSearch: EF_SEARCH,
          candidates: EF_SEARCH,
          ...how,
        },
      ],
      mostRows: TOP_K,
      wanted: NOTHING_WANTED,
    });
    const startedMs = monotonicMs();
    const { waitedMs, error } = await nodes.runOn(shard.group, { ...statement, prepare: false }, { signal });
    if (error !== undefined) throw error;
    return (monotonicMs() - startedMs - waitedMs) * 1000;
  }

  async #vectorsOf(
    collection: Collection,
    shard: Shard,
    signal: AbortSignal,
  ): Promise<readonly Float32Array[]> {
    const { nodes, relations, statements } = this.#options;
    const among = this.#options.estimates.shardRows(collection, shard.id) ?? LEAST_ROWS;
    const statement = statements.sampleStatement({
      branches: [
        { relation: relations.readRelation(collection, shard.id), shardId: shard.id, shardKeys: "all" },
      ],
      wanted: SAMPLES,
      percent: Math.min(100, (100 * CHOSEN_FROM) / among),
    });
    const { rows, error } = await nodes.runOn(shard.group, statement, { signal });
    if (error !== undefined) throw error;
    return rows
      .map((row) => statements.decodeSampled(row).vector)
      .filter((vector) => vector.some((value) => value !== 0));
  }
}
