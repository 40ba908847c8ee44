/**
 * How long ago each node last answered a collector. One that hangs for hours ages alone: looks succeed
 * without it.
 */
export class NodeAges {
  /** When it last answered all that a look asked it, or was first asked. */
  readonly #sinceMs = new Map<string, number>();

  /** Of one look. */
  begin(nowMs: number): OpenLook {
    const unanswered = new Map<string, number>();
    const count = (node: string, more: number) => unanswered.set(node, (unanswered.get(node) ?? 0) + more);
    return {
      asked: (node) => {
        count(node, 1);
        if (!this.#sinceMs.has(node)) this.#sinceMs.set(node, nowMs);
        return () => count(node, -1);
      },
      end: (endMs) => {
        if (unanswered.size === 0) return;
        for (const node of this.#sinceMs.keys()) if (!unanswered.has(node)) this.#sinceMs.delete(node);
        for (const [node, questions] of unanswered) if (questions === 0) this.#sinceMs.set(node, endMs);
      },
    };
  }

  /** In seconds. */
  at(nowMs: number): ReadonlyMap<string, number> {
    return new Map([...this.#sinceMs].map(([node, sinceMs]) => [node, (nowMs - sinceMs) / 1000]));
  }
}

interface OpenLook {
  /** A node is asked something; call what it returns when it has answered. */
  asked(node: string): () => void;
  /** Nodes that the look asked nothing are forgotten: they left. A look that asked nobody changes nothing. */
  end(endMs: number): void;
}
