/**
 * Which namespaces get a label of their own. There may be millions, and each label is a set of series in
 * Prometheus for as long as it keeps its data.
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
  /** The label's value. Counts the search. O(1), except once a minute. */
  labelOf(namespace: string): string;
  /** Why `labelOf` returns `_other`. */
  readonly reason: DropReason;
  /** The namespaces that have labels now. */
  current(): readonly string[];
}

export const OTHER = "_other";

/** Limits every configuration. */
const MAX_NAMESPACES = 200;
/** Names counted in one window; further ones wait for the next. */
const COUNTED_NAMES = 4_096;
const WINDOW_MS = 60_000;
/** A newcomer takes a label only when it was searched this many times as often, so that labels are stable. */
const DISPLACES = 1.5;

/** `onRemoved` gets a namespace that lost its label, so that its series can be dropped. */
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
  const labels = new Set(allowed.slice(0, MAX_NAMESPACES));
  return {
    labelOf: (namespace) => (labels.has(namespace) ? namespace : OTHER),
    reason: allowed.length > MAX_NAMESPACES ? "cap" : "not_allowed",
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
    this.#size = Math.min(top, MAX_NAMESPACES);
    this.reason = top > MAX_NAMESPACES ? ("cap" as const) : ("not_top" as const);
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

  /** The most searched newcomers take the labels of the least searched holders, one for one. */
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
