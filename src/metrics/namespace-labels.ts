/**
 * Which namespaces are a label of their own. There may be millions; each label is a set of series in every
 * Prometheus for as long as that keeps its data.
 */

export interface NamespaceLabelOptions {
  readonly mode: "off" | "allowlist" | "top";
  /** How many with mode `top`. */
  readonly top: number;
  /** Which ones with mode `allowlist`. */
  readonly allowed: readonly string[];
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
}

/** Why a search was recorded under `_other`. */
export type DropReason = "off" | "not_allowed" | "not_top" | "cap";

export interface NamespaceLabels {
  /** The label's value. Counts the search. O(1) but once a minute. */
  labelOf(namespace: string): string;
  /** Why `labelOf` says `_other` of a namespace. */
  readonly reason: DropReason;
  /** Namespaces that are labels now. */
  current(): readonly string[];
}

export const OTHER = "_other";

/** No configuration makes more labels than this. */
const MOST_NAMESPACES = 200;
/** Names counted in one window; those that first come later in it wait for the next. */
const COUNTED_NAMES = 4_096;
const WINDOW_MS = 60_000;
/**
 * A newcomer takes a label away only when it was searched this much more in the window, so that labels stay.
 */
const DISPLACES = 1.5;

/** `onRemoved` is told a name that is a label no more, whose series may be forgotten. */
export function createNamespaceLabels(
  options: NamespaceLabelOptions,
  onRemoved: (namespace: string) => void,
): NamespaceLabels {
  switch (options.mode) {
    case "off":
      return { labelOf: () => OTHER, reason: "off", current: () => [] };
    case "allowlist":
      return allowList(options.allowed);
    case "top":
      return new TopNamespaces(options, onRemoved);
  }
}

function allowList(allowed: readonly string[]): NamespaceLabels {
  const labels = new Set(allowed.slice(0, MOST_NAMESPACES));
  return {
    labelOf: (namespace) => (labels.has(namespace) ? namespace : OTHER),
    reason: allowed.length > MOST_NAMESPACES ? "cap" : "not_allowed",
    current: () => [...labels],
  };
}

class TopNamespaces implements NamespaceLabels {
  readonly #size: number;
  readonly #monotonicMs: () => number;
  readonly #onRemoved: (namespace: string) => void;
  readonly #labels = new Set<string>();
  readonly #counts = new Map<string, number>();
  #windowEndsMs: number;
  readonly reason;

  constructor({ top, monotonicMs }: NamespaceLabelOptions, onRemoved: (namespace: string) => void) {
    this.#size = Math.min(top, MOST_NAMESPACES);
    this.reason = top > MOST_NAMESPACES ? ("cap" as const) : ("not_top" as const);
    this.#monotonicMs = monotonicMs;
    this.#onRemoved = onRemoved;
    this.#windowEndsMs = monotonicMs() + WINDOW_MS;
  }

  labelOf(namespace: string): string {
    if (this.#monotonicMs() >= this.#windowEndsMs) this.#startWindow();
    const count = this.#counts.get(namespace);
    if (count !== undefined) this.#counts.set(namespace, count + 1);
    else if (this.#counts.size < COUNTED_NAMES) this.#counts.set(namespace, 1);
    if (this.#labels.has(namespace)) return namespace;
    if (this.#labels.size >= this.#size) return OTHER;
    this.#labels.add(namespace);
    return namespace;
  }

  current(): readonly string[] {
    return [...this.#labels];
  }

  /** The most searched newcomers take the labels of the least searched holders, one against one. */
  #startWindow(): void {
    const counts = this.#counts;
    const held = [...this.#labels].sort((a, b) => (counts.get(a) ?? 0) - (counts.get(b) ?? 0));
    const newcomers = [...counts]
      .filter(([namespace]) => !this.#labels.has(namespace))
      .sort(([, a], [, b]) => b - a);
    for (const [at, holder] of held.entries()) {
      const [newcomer, count] = newcomers[at] ?? [undefined, 0];
      if (newcomer === undefined || count <= DISPLACES * (counts.get(holder) ?? 0)) break;
      this.#labels.delete(holder);
      this.#onRemoved(holder);
      this.#labels.add(newcomer);
    }
    counts.clear();
    this.#windowEndsMs = this.#monotonicMs() + WINDOW_MS;
  }
}
