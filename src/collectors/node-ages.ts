/**
 * How long ago each node last answered a collector. A node that hangs for hours shows only here: samples
 * succeed without it.
 */
export class NodeAges {
  /** When the node last answered every query of a sample, or was first queried. */
  readonly #sinceMs = new Map<string, number>();

  /** Begins one sample. */
  begin(nowMs: number): SampleAges {
    const unanswered = new Map<string, number>();
    const count = (node: string, more: number) => unanswered.set(node, (unanswered.get(node) ?? 0) + more);
    return {
      trackQuery: (node) => {
        count(node, 1);
        if (!this.#sinceMs.has(node)) this.#sinceMs.set(node, nowMs);
        return () => count(node, -1);
      },
      end: (endMs) => {
        if (unanswered.size === 0) return;
        for (const node of this.#sinceMs.keys()) if (!unanswered.has(node)) this.#sinceMs.delete(node);
        for (const [node, queries] of unanswered) if (queries === 0) this.#sinceMs.set(node, endMs);
      },
    };
  }

  /** In seconds. */
  at(nowMs: number): ReadonlyMap<string, number> {
    return new Map([...this.#sinceMs].map(([node, sinceMs]) => [node, (nowMs - sinceMs) / 1000]));
  }
}

interface SampleAges {
  /** As SampleContext.trackQuery. */
  trackQuery(node: string): () => void;
  /** Forgets nodes that the sample did not query: they left. A sample without queries changes nothing. */
  end(endMs: number): void;
}
