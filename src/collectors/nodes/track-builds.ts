/** HNSW index builds across samples: a build that is no longer seen has ended. */
import type { RunningBuild } from "./node-statement.ts";

interface SeenBuild {
  readonly firstMs: number;
  readonly elapsedMs: number;
}

/** As precise as the interval of samples; a build that began and ended between two of them is never seen. */
export class BuildTracker {
  #seen: ReadonlyMap<string, SeenBuild> = new Map();

  /**
   * Returns the duration, in milliseconds, of each build on this node that has ended since the last sample.
   */
  track(builds: readonly RunningBuild[], nowMs: number): readonly number[] {
    const now = new Map(
      builds
        .filter(({ hnsw }) => hnsw)
        .map(({ pid, relation, elapsedSeconds }) => {
          const key = `${pid} ${relation}`;
          const firstMs = this.#seen.get(key)?.firstMs ?? nowMs;
          const elapsedMs = elapsedSeconds === null ? nowMs - firstMs : elapsedSeconds * 1000;
          return [key, { firstMs, elapsedMs }] as const;
        }),
    );
    const ended = [...this.#seen].filter(([key]) => !now.has(key)).map(([, { elapsedMs }]) => elapsedMs);
    this.#seen = now;
    return ended;
  }
}
