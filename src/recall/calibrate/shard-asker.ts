/**
 * Asks shards the questions of a calibration, one statement at a time, and rests between them so that they
 * take no more than a share of a core.
 */
import { OrreryError } from "../../errors.ts";
import { pause } from "../../lib/pause.ts";
import { runWithin } from "../../lib/time-limit.ts";
import type { NodeRunner } from "../../shards/node-driver.ts";
import type { MeasuredShard } from "../../shards/sql/recall.ts";
import type { Row, Statement } from "../../shards/statement.ts";
import type { Collection, Shard, ShardId } from "../../topology/shard-map.ts";

export interface ShardAskerOptions {
  /** Over connections that no request uses. */
  readonly nodes: NodeRunner;
  readonly relationOf: (collection: Collection, shard: ShardId) => string;
  /** Of a core that statements may take, above 0 up to 1. */
  readonly cpuShare: number;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
}

/** A statement that takes longer ends, and with it the calibration. */
const STATEMENT_MS = 60_000;
/** Rests are taken together: a timer is not exact to the millisecond. */
const LEAST_REST_MS = 20;

export class ShardAsker {
  readonly #options: ShardAskerOptions;
  readonly #signal: AbortSignal;
  #owedMs = 0;

  /** Ends when `signal` aborts. */
  constructor(options: ShardAskerOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** What statements name the shard by. */
  measured(collection: Collection, shard: Shard): MeasuredShard {
    const { metric, quantization, unnormalized, dimension } = collection;
    return {
      metric,
      quantization: unnormalized ? "unnormalized-half" : quantization,
      dimension,
      relation: this.#options.relationOf(collection, shard.id),
      shardId: shard.id,
    };
  }

  /**
   * Throws the error of the statement, SHARD_MOVING for one; rows that `decode` gives undefined are left out.
   */
  async ask<T>(
    { group }: Pick<Shard, "group">,
    statement: Statement,
    decode: (row: Row) => T | undefined,
  ): Promise<{ readonly rows: readonly T[]; readonly elapsedMs: number }> {
    const { nodes, cpuShare, monotonicMs } = this.#options;
    const reason = () =>
      new OrreryError("DEADLINE_EXCEEDED", `a statement of a calibration took over ${STATEMENT_MS} ms`);
    const startedMs = monotonicMs();
    const { rows, error } = await runWithin({ ms: STATEMENT_MS, reason, signal: this.#signal }, (signal) =>
      nodes.runOn(group, statement, { signal }),
    );
    const elapsedMs = monotonicMs() - startedMs;
    this.#owedMs += elapsedMs * (1 / cpuShare - 1);
    if (this.#owedMs >= LEAST_REST_MS) {
      const restMs = this.#owedMs;
      this.#owedMs = 0;
      await pause(restMs, this.#signal);
    }
    this.#signal.throwIfAborted();
    if (error !== undefined) throw error;
    return { rows: rows.map(decode).filter((value) => value !== undefined) as T[], elapsedMs };
  }
}
