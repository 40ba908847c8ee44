/** Builds of HNSW indexes from look to look: one that is seen no more is over. */
import type { RunningBuild } from "./node-statement.ts";

interface SeenBuild {
  readonly firstMs: number;
  readonly elapsedMs: number;
}

/** Exact to the time between two looks; a build that began and ended between them was not seen. */
export class BuildTracker {
  #seen: ReadonlyMap<string, SeenBuild> = new Map();

  /** Returns how long those took, in milliseconds, that were seen on this node before and are over. */
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
