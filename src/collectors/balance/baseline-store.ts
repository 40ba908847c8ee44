/**
 * Index baselines of all shards: held in memory and, where the schema has a table for them, saved for the
 * next leader.
 */
import type { IndexBaseline, IndexBaselines } from "../../engines/engine.ts";
import { isOrreryError, OrreryError } from "../../errors.ts";
import { raceAbort } from "../../lib/race-abort.ts";
import { withTimeLimit } from "../../lib/time-limit.ts";
import type { ShardId } from "../../topology/shard-map.ts";
import type { SampleContext } from "../sample.ts";
import { type IndexWeight, nextBaseline } from "./track-bloat.ts";

export interface BaselineOptions {
  readonly persisted: IndexBaselines;
  /** The leader term this coordinator holds; undefined while it holds none. */
  readonly leaderTerm: () => number | undefined;
}

/**
 * A smaller drop is not worth a write: the baseline of an index that is being filled drops at every sample.
 */
const WORTH_SAVING = 0.98;

export class BaselineStore {
  readonly #options: BaselineOptions;
  #known: ReadonlyMap<ShardId, IndexBaseline> = new Map();
  #saved: ReadonlyMap<ShardId, IndexBaseline> = new Map();
  /** The term in which `#saved` was loaded. */
  #loadedIn: number | undefined;

  constructor(options: BaselineOptions) {
    this.#options = options;
  }

  /**
   * Loads what earlier leaders saved, once in each leader term. A failure is reported, and the next sample
   * tries again.
   */
  async load(context: SampleContext): Promise<void> {
    const { persisted, leaderTerm } = this.#options;
    const term = leaderTerm();
    if (term === undefined || term === this.#loadedIn) return;
    const rows = await limited(context, (signal) => persisted.read(signal));
    if (rows === undefined) return;
    this.#saved = new Map(rows.map((row) => [row.shard, row]));
    this.#loadedIn = term;
    // Of the same build, this process may have seen a smaller one.
    this.#known = new Map([
      ...this.#known,
      ...rows.map((row) => [row.shard, lesser(row, this.#known.get(row.shard))] as const),
    ]);
  }

  /** Returns the baselines after a sample of `weights`; `shards` are all that exist, sampled or not. */
  update(weights: readonly IndexWeight[], shards: ReadonlySet<ShardId>): ReadonlyMap<ShardId, IndexBaseline> {
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
   * Saves what has changed. Does nothing in a term that has not loaded: it would overwrite what it never saw.
   */
  async save(shards: ReadonlySet<ShardId>, context: SampleContext): Promise<void> {
    const { persisted, leaderTerm } = this.#options;
    const term = leaderTerm();
    if (term === undefined || term !== this.#loadedIn) return;
    const changed = [...this.#known.values()].filter((baseline) => {
      const saved = this.#saved.get(baseline.shard);
      if (saved?.build !== baseline.build) return true;
      return baseline.bytesPerRow < saved.bytesPerRow * WORTH_SAVING;
    });
    const gone = [...this.#saved.keys()].some((shard) => !shards.has(shard));
    if (changed.length === 0 && !gone) return;
    // The sample has this much time left even when a node has used up all of its own.
    const half = { ...context, nodeTimeoutMs: context.nodeTimeoutMs / 2 };
    const done = await limited(half, async (signal) => {
      await persisted.put(changed, { term, shards: [...shards] }, signal);
      return true;
    });
    if (done === undefined) return;
    const kept = [...this.#saved].filter(([shard]) => shards.has(shard));
    this.#saved = new Map([...kept, ...changed.map((baseline) => [baseline.shard, baseline] as const)]);
  }
}

function lesser(saved: IndexBaseline, seen: IndexBaseline | undefined): IndexBaseline {
  return seen?.build === saved.build && seen.bytesPerRow < saved.bytesPerRow ? seen : saved;
}

/**
 * undefined when `run` failed, which is reported, or when the schema or the role's rights allow no baselines.
 */
async function limited<T>(
  { signal, nodeTimeoutMs, failed }: SampleContext,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const late = () => new OrreryError("DEADLINE_EXCEEDED", `no baselines within ${nodeTimeoutMs} ms`);
  const limit = withTimeLimit(signal, nodeTimeoutMs, late);
  try {
    return await raceAbort(run(limit.signal), limit.signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!isOrreryError(error)) throw error;
    if (error.code !== "NODE_NOT_MIGRATED") failed(error);
    return undefined;
  } finally {
    limit.clear();
  }
}
