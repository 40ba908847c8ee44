/**
 * The baselines of all shards: in memory, and where the schema has a place for them, kept for the next
 * leader.
 */
import type { IndexBaseline, IndexBaselines } from "../../engines/engine.ts";
import { isOrreryError, OrreryError } from "../../errors.ts";
import { raceAbort } from "../../lib/race-abort.ts";
import { withTimeLimit } from "../../lib/time-limit.ts";
import type { ShardId } from "../../topology/shard-map.ts";
import type { Look } from "../ask-nodes.ts";
import { type IndexWeight, nextBaseline } from "./track-bloat.ts";

export interface BaselineOptions {
  readonly stored: IndexBaselines;
  /** Of the leader term this coordinator has; undefined where it has none yet, or no more. */
  readonly term: () => number | undefined;
}

/**
 * A baseline that sinks by less than this is not worth a write: an index that is filled sinks at each look.
 */
const WORTH_WRITING = 0.98;

export class BaselineKeeper {
  readonly #options: BaselineOptions;
  #known: ReadonlyMap<ShardId, IndexBaseline> = new Map();
  #written: ReadonlyMap<ShardId, IndexBaseline> = new Map();
  /** The term in which `#written` was read. */
  #readIn: number | undefined;

  constructor(options: BaselineOptions) {
    this.#options = options;
  }

  /**
   * Once in each leader term: what earlier leaders have kept. What cannot be read is told, and tried again at
   * the next look.
   */
  async read(look: Look): Promise<void> {
    const { stored, term: leaderTerm } = this.#options;
    const term = leaderTerm();
    if (term === undefined || term === this.#readIn) return;
    const rows = await limited(look, (signal) => stored.read(signal));
    if (rows === undefined) return;
    this.#written = new Map(rows.map((row) => [row.shard, row]));
    this.#readIn = term;
    // Of the same build, what this process saw itself may be less.
    this.#known = new Map([
      ...this.#known,
      ...rows.map((row) => [row.shard, lesser(row, this.#known.get(row.shard))] as const),
    ]);
  }

  /** The baselines after a look that weighed these; `shards`: all there are, weighed or not. */
  next(weights: readonly IndexWeight[], shards: ReadonlySet<ShardId>): ReadonlyMap<ShardId, IndexBaseline> {
    const next = new Map([...this.#known].filter(([shard]) => shards.has(shard)));
    for (const weight of weights) {
      const baseline = nextBaseline(next.get(weight.shard), weight);
      if (baseline === undefined) next.delete(weight.shard);
      else next.set(weight.shard, baseline);
    }
    this.#known = next;
    return next;
  }

  /**
   * Writes what has changed, in a leader term that has read before: what it did not see it must not replace.
   */
  async write(shards: ReadonlySet<ShardId>, look: Look): Promise<void> {
    const { stored, term: leaderTerm } = this.#options;
    const term = leaderTerm();
    if (term === undefined || term !== this.#readIn) return;
    const changed = [...this.#known.values()].filter((baseline) => {
      const written = this.#written.get(baseline.shard);
      if (written?.build !== baseline.build) return true;
      return baseline.bytesPerRow < written.bytesPerRow * WORTH_WRITING;
    });
    const gone = [...this.#written.keys()].some((shard) => !shards.has(shard));
    if (changed.length === 0 && !gone) return;
    // What a look still has time for, when a node has taken all of its own.
    const half = { ...look, nodeTimeoutMs: look.nodeTimeoutMs / 2 };
    const done = await limited(half, async (signal) => {
      await stored.put(changed, { term, shards: [...shards] }, signal);
      return true;
    });
    if (done === undefined) return;
    const kept = [...this.#written].filter(([shard]) => shards.has(shard));
    this.#written = new Map([...kept, ...changed.map((baseline) => [baseline.shard, baseline] as const)]);
  }
}

function lesser(stored: IndexBaseline, seen: IndexBaseline | undefined): IndexBaseline {
  return seen?.build === stored.build && seen.bytesPerRow < stored.bytesPerRow ? seen : stored;
}

/**
 * undefined when it failed, which is told, or when this cluster's schema or rights allow no baselines to be
 * kept.
 */
async function limited<T>(look: Look, run: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const late = () => new OrreryError("DEADLINE_EXCEEDED", `no baselines within ${look.nodeTimeoutMs} ms`);
  const limit = withTimeLimit(look.signal, look.nodeTimeoutMs, late);
  try {
    return await raceAbort(run(limit.signal), limit.signal);
  } catch (error) {
    look.signal.throwIfAborted();
    if (!isOrreryError(error)) throw error;
    if (error.code !== "NODE_NOT_MIGRATED") look.failed(error);
    return undefined;
  } finally {
    limit.clear();
  }
}
